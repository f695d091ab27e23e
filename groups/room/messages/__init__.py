"""Message: what a group's people say to each other (rule 3.5)."""

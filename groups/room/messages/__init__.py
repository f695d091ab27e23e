"""Message: what a group's people say to each other (spec 3.5)."""

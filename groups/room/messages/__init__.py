"""Message: the group's chat (rule 3.5)."""

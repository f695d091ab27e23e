"""Task: the group's to-do list (rule 3.5)."""

"""Task: what a group's people have to do (rule 3.5)."""

"""Task: what a group's people have to do (spec 3.5)."""

"""Files on their way into a room, and where they lie (rule 3.5)."""

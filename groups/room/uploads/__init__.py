"""Files on their way into a room, and where they lie (spec 3.5)."""

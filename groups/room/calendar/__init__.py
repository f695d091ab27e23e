"""The calendar of a room (rule 3.5): events, how they repeat, and calendar files."""

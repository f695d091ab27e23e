"""The calendar of a room (rule 3.5): how events repeat, where they lie, and how calendar files say it."""

"""The calendar of a room (spec 3.5): how events repeat, where they lie, and how calendar files say it."""

"""The lists of groups (spec 5.5)."""

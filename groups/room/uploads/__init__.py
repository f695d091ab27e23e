"""Uploads into a room, and their storage (rule 3.5)."""

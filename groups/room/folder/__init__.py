"""Folder: files that a group shares (spec 3.5)."""

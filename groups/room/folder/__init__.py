"""Folder: files that a group shares (rule 3.5)."""

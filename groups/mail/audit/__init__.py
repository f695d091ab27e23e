"""Audit › Mail (spec 4.7, 8.2, 8.3)."""

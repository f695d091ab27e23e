"""Audit › Mail (rules 4.7, 8.2, 8.3)."""

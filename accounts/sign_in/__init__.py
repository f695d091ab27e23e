"""Signing in (rules 9.1, 9.3, 9.5, 9.7): passwords, failures, sessions."""

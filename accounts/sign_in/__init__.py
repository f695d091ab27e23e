"""Signing in (rules 9.1 to 9.7): passwords, failures, sessions."""

"""Examines an installation and says what to mend, for `manage.py doctor` (rule 11.6)."""

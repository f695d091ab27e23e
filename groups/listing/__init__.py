"""The lists of groups (rule 5.5)."""

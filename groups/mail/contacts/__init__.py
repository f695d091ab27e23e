"""External contacts as people write them, paste them and export them (rule 4.8)."""

"""Note: posts with text and files, and comments on them (rule 3.5)."""

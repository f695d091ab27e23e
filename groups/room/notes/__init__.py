"""Note: posts with text and files, and comments on them (spec 3.5)."""

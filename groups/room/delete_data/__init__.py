"""Delete data: how much there is, and its deletion (rule 3.4)."""

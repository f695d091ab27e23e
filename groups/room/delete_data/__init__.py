"""Delete data: how much there is, and how it goes (rule 3.4)."""

"""Delete data: how much there is, and how it goes (spec 3.4)."""

"""Groups with people of several companies, and how people leave them (rule 2.15)."""

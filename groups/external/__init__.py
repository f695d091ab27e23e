"""Groups with people of several companies, and how people leave them (spec 2.15)."""

"""Moving in and out: a company's directory from files and other systems, and back (rules 10)."""

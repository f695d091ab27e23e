"""Everything that a company has goes out: its directory, audits and rooms (rules 10.1, 10.7)."""

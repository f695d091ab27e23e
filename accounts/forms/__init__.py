"""The forms of Members, Teams, Company settings and Connection."""

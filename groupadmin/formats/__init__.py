"""How each language writes dates and times. Every name stands in each: Django's own lack those at the end."""

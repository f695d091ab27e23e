"""Mail that comes to lists: the dialogue, the sender, and whether it is accepted (rules 4.3 to 4.6)."""

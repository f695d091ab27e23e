"""Mail that comes to lists: the dialogue, who sent it, whether it is taken (rules 4.3 to 4.6)."""

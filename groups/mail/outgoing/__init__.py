"""Mail that lists send: to whom, in which form, and what becomes of it (rules 4.3, 4.6, 4.8)."""

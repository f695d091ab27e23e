"""Mail that lists send: to whom, in which form, and with what result (rules 4.3, 4.6, 4.8)."""

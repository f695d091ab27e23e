"""Mail to lists and as lists (rules 4, 8.2).

`incoming` listens, reads, decides and stores; `outgoing` finds the recipients and hands over; `audit` shows
what became of it. `incoming` builds on `outgoing`, never the other way round; both speak of `arrival`.
"""

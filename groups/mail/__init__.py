"""Mail to lists and as lists (rules 4, 8.2).

`incoming` listens, reads, decides and stores; `outgoing` finds the recipients and sends; `audit` shows the
results. `incoming` builds on `outgoing`, never the other way round; both share `arrival`.
"""

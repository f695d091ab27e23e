"""Mail to lists and as lists (spec 4, 8.2).

`policy` decides, `incoming` reads and answers, `acceptance` keeps, `delivery` hands over, `server` listens.
"""

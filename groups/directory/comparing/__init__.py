"""What differs between a source and us: people, groups, settings, and who would get a mail (rule 10.8).

differences.py   judges the source's records like an import that is never brought in
mail.py          who gets the mail of each list, there and here
"""

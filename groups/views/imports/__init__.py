"""The pages of imports, for a company's administrators (rules 10.2, 10.3).

start.py    files, and earlier imports        columns.py  what each column means
form.py     what the files can have           running.py  go, cancel, discard
overview.py progress, verdicts, outcome       shown.py    a row with its changes
meaning.py  who gains and loses what          lookups.py  whose import it is
undo.py     everything back
"""

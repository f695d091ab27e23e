"""What sources need to read files of any size: nothing here knows a system.

tables.py      CSV, in any encoding         documents.py   JSON, item by item
notes.py       what a first reading noted   words.py       what systems write, as records have it
"""

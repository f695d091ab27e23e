"""What sources need to read files of any size: nothing here knows a system.

tables.py      CSV, in any encoding           documents.py   JSON, item by item
plain_yaml.py  YAML without its surprises     text.py        any form of Unicode as UTF-8
archives.py    files in zip files             notes.py       what a first reading noted
words.py       what systems write, as records have it
"""

"""Our own form of a directory, "groupadmin directory, version 1" (rule 10.1); see docs/directory-form.md.

definition.py   what tables and columns are
columns.py      the form's own: all else follows from them
titles.py       what others call these columns, files and sheets; the words are in words.toml
given.py        the tables that files bring        documents.py   those of JSON
recognising.py  which table that is, which columns
values.py       what cells mean                    rows.py        rows become records
reading.py      all of it: `read`, and `describe` for a page that lets somebody choose
"""

from .reading import LEFT_OUT, TABLE, ShownColumn, ShownTable, choices_of, describe, read

__all__ = ["LEFT_OUT", "TABLE", "ShownColumn", "ShownTable", "choices_of", "describe", "read"]

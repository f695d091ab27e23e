"""Tables as people export them: any spreadsheet program, any encoding, any separator (rule 4.13).

`read_table` makes rows of a file, `stream_tables` those of one too large for memory, `find_columns` says
what is in its columns. What the columns are about is the caller's business: it hands in what it knows
(`Known`), so that contacts and directories are read alike.
"""

from .columns import Columns, find_columns, normal_title
from .delimited import Row
from .encodings import ENCODINGS, label_of
from .reading import BYTES_LIMIT, Known, Table, read_table
from .streaming import Stream, stream_tables

__all__ = [
    "BYTES_LIMIT",
    "ENCODINGS",
    "Columns",
    "Known",
    "Row",
    "Stream",
    "Table",
    "find_columns",
    "label_of",
    "normal_title",
    "read_table",
    "stream_tables",
]

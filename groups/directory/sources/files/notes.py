"""What a first reading of the files noted, on disk: files are larger than memory.

Systems name things by ids, paths or distinguished names, and another file, or a later line, says what these
are. So a source reads its files twice: first it notes what is called what, then it makes records of it.
"""

import json
import sqlite3
from types import TracebackType
from typing import Any, Self


class Notes:
    """Values by kind and key, kept in a temporary file that nobody else sees."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000"):
            self._file.execute(f"PRAGMA {setting}")
        self._file.execute(
            "CREATE TABLE note (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        self._file.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, kind: str, key: str, value: Any = "") -> None:
        """Notes a value, instead of one noted before."""
        self._file.execute("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (kind, key, json.dumps(value)))

    def get(self, kind: str, key: str) -> Any:
        """The value; None if none was noted."""
        found = self._file.execute(
            "SELECT value FROM note WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if found is None else json.loads(found[0])

    def has(self, kind: str, key: str) -> bool:
        """Whether a value was noted."""
        return self.get(kind, key) is not None

    def is_new(self, kind: str, key: str) -> bool:
        """Notes a key, and says whether it had not been."""
        done = self._file.execute("INSERT OR IGNORE INTO note VALUES (?, ?, '\"\"')", (kind, key))
        return done.rowcount == 1

    def count(self, kind: str, key: str) -> int:
        """Notes a key once more, and says how often it was."""
        number = int(self.get(kind, key) or 0) + 1
        self.put(kind, key, number)
        return number

    def keys(self, kind: str) -> list[str]:
        """The keys of a kind of which there are few."""
        found = self._file.execute("SELECT key FROM note WHERE kind = ? ORDER BY key", (kind,))
        return [key for (key,) in found]

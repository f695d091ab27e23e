"""Words of directories as people and other products write them (rule 10.1); they stand in words.toml."""

import tomllib
from pathlib import Path
from typing import Any

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(key: str) -> frozenset[str]:
    """The words under a key, such as "values.yes"."""
    found: Any = WORDS
    for part in key.split("."):
        found = found[part]
    return frozenset(str(found).split())

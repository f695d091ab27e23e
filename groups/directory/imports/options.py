"""What somebody chooses for an import; stored with it as plain values (rule 10.2)."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Options:
    """The choices on the page, and the options of the command."""

    format: str = ""
    """The name of a source (groups.directory.sources); empty to find out."""
    default_master: str = ""
    """The address of who runs groups for which no master is named."""
    only_good: bool = False
    """Bring in the good rows although others are refused."""
    removes_missing: bool = False
    """Remove what this source brought before and no longer has; never what others brought (rule 10.4)."""
    accepts_loss: bool = False
    """Whether losing more people than the threshold was agreed to (rule 10.5)."""
    encoding: str = ""
    languages: list[str] = field(default_factory=list)
    """Those of whoever imports, best first: a hint at the encoding of files."""
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each table, "file" or "file › sheet": the fields chosen for columns, by their number as text."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Options":
        """The options as an import stores them."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def plain(self) -> dict[str, Any]:
        """The options to store."""
        return asdict(self)

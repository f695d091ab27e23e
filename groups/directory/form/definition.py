"""What the form of a directory is made of: tables, their columns, and how cells are written (rule 10.1)."""

from dataclasses import dataclass
from enum import Enum, auto

from django.utils.functional import Promise

from groups.directory.records import Kind


class Type(Enum):
    """How a cell is read and written."""

    TEXT = auto()
    TEXTS = auto()
    """Several addresses, between spaces, commas, semicolons or line breaks."""
    FLAG = auto()
    DAY = auto()
    CHOICE = auto()
    PEOPLE = auto()
    """Several people, by their addresses; each becomes a record of its own."""
    NAMES = auto()
    """Several teams or groups, by their names; each becomes a record of its own."""
    THINGS = auto()
    """Several members, teams or groups, by their looks; each becomes a record of its own."""
    PAIRS = auto()
    """Several outside addresses with names; each becomes a record of its own."""


@dataclass(frozen=True)
class Spread:
    """The records that the values of a list column become: `field` has the value, `own` the row's thing."""

    kind: Kind
    field: str
    own: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Column:
    """A column. `name` stands in the header; `field` is the one of the record, if another."""

    name: str
    help: str | Promise
    example: str = ""
    type: Type = Type.TEXT
    field: str = ""
    choices: tuple[str, ...] = ()
    spread: Spread | None = None
    is_written: bool = True
    """Whether an export has it. What it does not have, people may still bring."""
    telling: int = 1
    """How much it says that a file with it is this table."""
    inverts: bool = False
    """Whether yes means no."""

    @property
    def record_field(self) -> str:
        return self.field or self.name


@dataclass(frozen=True, eq=False)
class Table:
    """A table of the form: a file, a sheet, or a list of the JSON document."""

    name: str
    kind: Kind
    help: str | Promise
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]
    """Of each of these, a row names one at least."""

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that an export has."""
        return tuple(column for column in self.columns if column.is_written)

    @property
    def offered(self) -> tuple[Column, ...]:
        """The columns of the template: what people fill in, list columns too, which are less work."""
        lists = (Type.PEOPLE, Type.NAMES, Type.THINGS)
        return tuple(
            column
            for column in self.columns
            if column.name != "source" and (column.is_written or column.type in lists)
        )

    @property
    def example(self) -> tuple[str, ...]:
        """The template's example row; a row like it is not read."""
        return tuple(column.example for column in self.offered)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

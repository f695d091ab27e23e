"""The types of parameters and fields that resources share: ids, references, texts, days and moments."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    Strict,
)

from accounts.actor import NotVisible
from groupadmin.base.ids import LARGEST_ID, parse_id

T = TypeVar("T", bound=Model)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_EXTERNAL = re.compile(r"ext:([^:]{0,100}):(.{1,255})", re.DOTALL)
REF_PATTERN = r"^([0-9]{1,19}|ext:[^:/]*:[^/]+)$"
LONGEST_TEXT = 10_000
EARLIEST_YEAR, LATEST_YEAR = 1970, 2999


_ISOLATES = {0x2066: None, 0x2067: None, 0x2068: None, 0x2069: None}


def unmarked(text: str) -> str:
    """A sentence without the invisible marks that keep directions apart on pages."""
    return text.translate(_ISOLATES)


class In(BaseModel):
    """What is sent in a body: nothing that is not known, and no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Out(BaseModel):
    """What is answered."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class _InPlace:
    """Describes choices where they are used: by their names, two of the same name would be one."""

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler.resolve_ref_schema(handler(core))


IN_PLACE = _InPlace()
"""For each `Annotated[Thing.Choices, IN_PLACE]` of a body, an answer or a query."""


def _no_nul(text: str) -> str:
    if "\0" in text or text != text.encode("utf-8", "ignore").decode():
        raise ValueError("No NUL characters or halves of characters.")
    return text


def _day(value: Any) -> Any:
    if isinstance(value, str) and _DAY.fullmatch(value):
        day = date.fromisoformat(value)
        if 1900 <= day.year <= LATEST_YEAR:
            return day
    if value is None or isinstance(value, date):
        return value
    raise ValueError("Send a day as 2026-11-30.")


def _flag(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("Send true or false.")
        return value == "true"
    return value


def _moment(value: datetime) -> datetime:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError("Send a time between 1970 and 2999.")
    return value


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
"""An id in a body or a query."""
Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_no_nul)]
"""A text in a body or a query; what it may be else, the action says."""
Day = Annotated[date, Strict(), BeforeValidator(_day)]
"""A day, as 2026-11-30."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""true or false in a query."""
When = Annotated[AwareDatetime, AfterValidator(_moment)]
"""A moment in a query, in RFC 3339, such as 2026-11-30T12:00:00Z."""
Moment = Annotated[
    datetime, PlainSerializer(_utc, return_type=str), Field(json_schema_extra={"format": "date-time"})
]
"""A moment in an answer: RFC 3339, in UTC."""
Ref = Annotated[
    str,
    Field(
        description="Its id, or `ext:SOURCE:ID` by the id that another system has for it; `ext::ID` "
        "without a source.",
        json_schema_extra={"pattern": REF_PATTERN, "examples": ["1042", "ext:hr:E-1017"]},
    ),
]
"""How a path names a thing, in all resources."""
RowRef = Annotated[str, Field(description="Its id.", json_schema_extra={"pattern": r"^[0-9]{1,19}$"})]
"""The same for what no other system has an id for."""


def external_ref(ref: str) -> tuple[str, str] | None:
    """Source and id of `ext:SOURCE:ID`; None for anything else."""
    found = _EXTERNAL.fullmatch(ref)
    return None if found is None or "\0" in ref else (found[1], found[2])


def by_ref(rows: QuerySet[T], ref: str) -> QuerySet[T]:
    """The rows that a reference in a path means: one or none."""
    if (pk := parse_id(ref)) is not None:
        return rows.filter(pk=pk)
    if (external := external_ref(ref)) is None:
        return rows.none()
    return rows.filter(source=external[0], external_id=external[1])


def one(rows: QuerySet[T], ref: str, *, hidden: QuerySet[T] | None = None, action: str = "") -> T:
    """The thing that a reference means among those that the caller may see; else Http404 or NotVisible.

    `hidden` are all there are: whoever tries an id among them is in the audit of its owner (rule 8.1).
    """
    if (found := by_ref(rows, ref).first()) is not None:
        return found
    pk = parse_id(ref)
    there = None if hidden is None or pk is None else hidden.filter(pk=pk).first()
    if there is not None and getattr(there, "company_id", None) is not None:
        raise NotVisible(action, there)
    raise Http404


def row_of(rows: QuerySet[T], ref: str) -> T:
    """The row with that id among those that the caller may see; else Http404."""
    pk = parse_id(ref)
    found = None if pk is None else rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found

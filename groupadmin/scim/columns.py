"""How attributes are compared in the database: texts, flags, days, references (RFC 7644, 3.4.2.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, IntegerField, Model, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from scim2_models.path import ORDERING_OPERATORS, STRING_OPERATORS, CompareOperator

from .clients import Client
from .errors import Failure, invalid
from .refs import Kind, Ref

NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY
OPERATORS: Mapping[CompareOperator, Any] = {
    CompareOperator.gt: GreaterThan,
    CompareOperator.ge: GreaterThanOrEqual,
    CompareOperator.lt: LessThan,
    CompareOperator.le: LessThanOrEqual,
}
WITHIN = {CompareOperator.co: "contains", CompareOperator.sw: "startswith", CompareOperator.ew: "endswith"}


def _misfit(value: object) -> Failure:
    return invalid(f"{value!r} does not fit this attribute and operator.", "invalidFilter")


@dataclass(frozen=True)
class Column:
    """A single value, in a field of the row or of another one."""

    field: str

    @property
    def sorted_by(self) -> Any:
        return F(self.field)

    @property
    def is_there(self) -> Q:
        return Q(**{f"{self.field}__isnull": False})

    def compare(self, operator: CompareOperator, value: object) -> Q:
        """The rows for which it holds. Raises Failure."""
        if value is None:
            if operator not in (CompareOperator.eq, CompareOperator.ne):
                raise _misfit(value)
            return self.is_there if operator is CompareOperator.ne else ~self.is_there
        if operator is CompareOperator.eq:
            return self.equal(value)
        if operator is CompareOperator.ne:
            return ~self.equal(value)
        return self.other(operator, value)

    def equal(self, value: Any) -> Q:
        raise _misfit(value)

    def other(self, operator: CompareOperator, value: Any) -> Q:
        raise _misfit(value)

    def ordering(self, *, descending: bool) -> list[Any]:
        """Resources without the value come last, or first if it is the other way round."""
        lacks = Case(When(self.is_there, then=0), default=1, output_field=IntegerField())
        parts = [lacks, self.sorted_by]
        return [part.desc() if descending else part.asc() for part in parts]


@dataclass(frozen=True)
class Text(Column):
    """A text; without regard to case, unless it is exact."""

    exact: bool = False
    equals: Callable[[str], Q] | None = None
    """Quicker or wiser than comparing the field."""
    folds: Callable[[str], str] | None = None
    """What has been done to the texts of the field."""
    when: Q | None = None
    """Where else it counts as empty."""

    @property
    def sorted_by(self) -> Any:
        return F(self.field) if self.exact or self.folds else Lower(self.field)

    @property
    def is_there(self) -> Q:
        return Q(**{f"{self.field}__gt": ""}) & (self.when or Q())

    def equal(self, value: Any) -> Q:
        if not isinstance(value, str):
            raise _misfit(value)
        if not value:
            # What is empty is not there, and has no value.
            return NOBODY
        if self.equals is not None:
            return self.equals(value)
        return self._lookup("exact" if self.exact or self.folds else "iexact", value)

    def other(self, operator: CompareOperator, value: Any) -> Q:
        if not isinstance(value, str):
            raise _misfit(value)
        if operator in STRING_OPERATORS:
            case = "" if self.exact or self.folds else "i"
            return self._lookup(case + WITHIN[operator], value)
        value = self.folds(value) if self.folds else value if self.exact else value.lower()
        return Q(OPERATORS[operator](self.sorted_by, Value(value))) & self.is_there

    def _lookup(self, lookup: str, value: str) -> Q:
        value = self.folds(value) if self.folds else value
        return Q(**{f"{self.field}__{lookup}": value}) & (self.when or Q())


@dataclass(frozen=True)
class Flag(Column):
    """Yes or no."""

    def equal(self, value: Any) -> Q:
        if not isinstance(value, bool):
            raise _misfit(value)
        return Q(**{self.field: value})


@dataclass(frozen=True)
class Day(Column):
    """A date, written as 2026-11-30."""

    def equal(self, value: Any) -> Q:
        day = self._read(value)
        return NOBODY if day is None else Q(**{self.field: day})

    def other(self, operator: CompareOperator, value: Any) -> Q:
        day = self._read(value)
        if operator not in ORDERING_OPERATORS or day is None:
            raise _misfit(value)
        return Q(**{f"{self.field}__{_order(operator)}": day})

    def _read(self, value: Any) -> date | None:
        try:
            return parse_date(value) if isinstance(value, str) else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Moment(Column):
    """A date and time."""

    def equal(self, value: Any) -> Q:
        return Q(**{self.field: self._read(value)})

    def other(self, operator: CompareOperator, value: Any) -> Q:
        if operator not in ORDERING_OPERATORS:
            raise _misfit(value)
        return Q(**{f"{self.field}__{_order(operator)}": self._read(value)})

    def _read(self, value: Any) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else parse_datetime(str(value))
        except ValueError:
            moment = None
        if moment is None:
            raise _misfit(value)
        return moment if moment.tzinfo else timezone.make_aware(moment)


def _order(operator: CompareOperator) -> str:
    return {"gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}[operator.value]


@dataclass(frozen=True)
class Refers(Column):
    """The id of a resource. The fields say where its number stands, by its kind."""

    fields: tuple[tuple[Kind, str], ...] = ()

    @property
    def sorted_by(self) -> Any:
        return F(self.field) if len(self.fields) == 1 else None

    @property
    def is_there(self) -> Q:
        found = NOBODY
        for _kind, name in self.fields:
            found |= Q(**{f"{name}__isnull": False})
        return found

    def equal(self, value: Any) -> Q:
        ref = Ref.read(value)
        name = dict(self.fields).get(ref.kind) if ref else None
        return Q(**{name: ref.pk}) if ref and name else NOBODY


def refers(**fields: str) -> Refers:
    """A reference, such as refers(user="manager_id")."""
    pairs = tuple((Kind[kind.upper()], name) for kind, name in fields.items())
    return Refers(pairs[0][1], pairs)


@dataclass(frozen=True)
class OneOf(Column):
    """Some fixed words, each with its condition."""

    words: tuple[tuple[str, Q], ...] = ()

    @property
    def sorted_by(self) -> Any:
        return None

    @property
    def is_there(self) -> Q:
        return EVERYBODY

    def equal(self, value: Any) -> Q:
        return self._any(lambda word: word == str(value).lower())

    def other(self, operator: CompareOperator, value: Any) -> Q:
        if operator not in STRING_OPERATORS or not isinstance(value, str):
            raise _misfit(value)
        part = value.lower()
        return self._any(
            lambda word: {
                CompareOperator.co: part in word,
                CompareOperator.sw: word.startswith(part),
                CompareOperator.ew: word.endswith(part),
            }[operator]
        )

    def _any(self, fits: Callable[[str], bool]) -> Q:
        found = NOBODY
        for word, where in self.words:
            if fits(word.lower()):
                found |= where
        return found


@dataclass(frozen=True)
class Many:
    """A multi-valued attribute: rows of their own, each of which belongs to a resource."""

    rows: Callable[[Client], QuerySet[Any, Any]]
    owner: str
    columns: Mapping[str, Column]
    main: Column | None = None
    """Of the value by which resources are sorted."""

    def having(self, client: Client, where: Q) -> Q:
        """Resources of which one of the values fits."""
        return Q(pk__in=self.rows(client).filter(where).values(self.owner))


def common(model: type[Model], kind: Kind, source: str = "source") -> dict[str, Column | Many]:
    """What can be asked for of every kind of resource. Rows need the alias `scim_id`."""
    return {
        "id": Text(
            "scim_id",
            exact=True,
            equals=lambda value: Q(pk=ref.pk) if (ref := Ref.read(value)) and ref.kind is kind else NOBODY,
        ),
        "meta.resourcetype": OneOf("pk", ((kind.label, EVERYBODY),)),
        "meta.created": Moment("created_at"),
        "meta.lastmodified": Moment("changed_at"),
    }

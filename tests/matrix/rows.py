"""What a row of the matrix says, and the rows that many URLs share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

Answers = Mapping[str, int]
Cast = SimpleNamespace
"""What tests.conftest's fixtures are called, as attributes."""

ADMINISTRATORS = {"administrator", "other_administrator"}
OWN = {"outsider", "member", "master", "administrator"}
OTHERS = {"guest", "stranger", "other_administrator"}
SIGNED_IN = OWN | OTHERS | {"superuser"}
ROLES = ("anonymous", *sorted(SIGNED_IN))

# Rules 5.3–5.5, 2.17: who may know of each group of the cast.
KNOWS = {
    "group": OWN | {"superuser"},
    "private_group": {"administrator", "superuser"},
    "external_group": {"administrator", "master", "member", "guest", "superuser"},
    "deleted_group": set[str](),
}

# Rule 7: who runs each.
RUNS = {
    "group": {"administrator", "master"},
    "private_group": {"administrator"},
    "external_group": {"administrator", "master"},
    "deleted_group": set[str](),
}

# Rule 3.6: who is in each group of the cast, whatever else they may do to it. Message is on in `group` alone.
IN = {"group": {"member"}, "external_group": {"member", "guest"}}


@dataclass(frozen=True)
class Row:
    """What a URL answers, for one choice of its arguments."""

    get: Answers | None
    post: Answers | None
    args: Callable[[Cast], Iterable[Any]] = lambda cast: ()
    data: Callable[[Cast], dict[str, Any]] = lambda cast: {}
    query: Callable[[Cast], dict[str, Any]] = lambda cast: {}
    label: str = field(default="", compare=False)


def answers(ok: int, may: set[str], knows: set[str] = SIGNED_IN, /, **exceptions: int) -> Answers:
    """`ok` for those who may, 403 for those who know, 404 for the others, the sign-in page for nobody."""
    expected = {role: ok if role in may else 403 if role in knows else 404 for role in SIGNED_IN}
    return expected | {"anonymous": 302} | exceptions


def of_group(
    get: str = "",
    post: str = "",
    *,
    ok: int = 302,
    more_args: Callable[[Cast, Any], Iterable[Any]] = lambda cast, group: (),
    data: Callable[[Cast, Any], dict[str, Any]] = lambda cast, group: {},
    **exceptions: dict[str, set[str]],
) -> list[Row]:
    """Rows of a URL below /groups/<pk>/, for each group of the cast. The verbs say who: "see" or "run".

    Exceptions name, for a group, who else may do it or who alone may do it.
    """

    def row(name: str) -> Row:
        may = {"see": KNOWS[name], "run": RUNS[name]} | exceptions.get(name, {})
        knows = KNOWS[name] | may["see"]
        return Row(
            answers(200, may[get], knows) if get else None,
            answers(ok, may[post], knows) if post else None,
            args=lambda cast: (getattr(cast, name).pk, *more_args(cast, getattr(cast, name))),
            data=lambda cast: data(cast, getattr(cast, name)),
            label=name,
        )

    return [row(name) for name in KNOWS]


def of_company(
    get: int | None,
    post: int | None,
    thing: str = "",
    *,
    data: Callable[[Cast], dict[str, Any]] = lambda cast: {},
    more_args: Callable[[Cast], Iterable[Any]] = lambda cast: (),
) -> list[Row]:
    """A row of a page for administrators, each of their own company, perhaps about a thing of Hanbit."""
    theirs = {"other_administrator": 404} if thing else {}
    return [
        Row(
            None if get is None else answers(get, ADMINISTRATORS, **theirs),
            None if post is None else answers(post, ADMINISTRATORS, **theirs),
            args=lambda cast: (getattr(cast, thing).pk, *more_args(cast)) if thing else (),
            data=data,
            label=thing,
        )
    ]


def of_everybody(get: int | None, post: int | None = None, **exceptions: int) -> list[Row]:
    """A row of a page that everybody who is signed in has."""
    return [
        Row(
            None if get is None else answers(get, SIGNED_IN, **exceptions),
            None if post is None else answers(post, SIGNED_IN, **exceptions),
        )
    ]


def everybody(status: int) -> Answers:
    """The same for all, signed in or not."""
    return dict.fromkeys(ROLES, status)


def public(get: int | None, post: int | None = None, **exceptions: int) -> list[Row]:
    """A row of a page that needs no sign-in; the same for all but the exceptions."""
    return of_everybody(get, post, **({"anonymous": get or post or 0} | exceptions))


def in_room(
    get: int | None,
    post: int | None = None,
    *,
    more_args: Callable[[Cast, Any], Iterable[Any]] = lambda cast, group: (),
    data: Callable[[Cast, Any], dict[str, Any]] = lambda cast, group: {},
) -> list[Row]:
    """Rows of a URL below /rooms/<pk>/ of a feature that is on in `group` alone: the other rooms are off."""

    def row(name: str) -> Row:
        inside = IN.get(name, set())
        return Row(
            None if get is None else answers(get if name == "group" else 403, inside, KNOWS[name]),
            None if post is None else answers(post if name == "group" else 403, inside, KNOWS[name]),
            args=lambda cast: (getattr(cast, name).pk, *more_args(cast, getattr(cast, name))),
            data=lambda cast: data(cast, getattr(cast, name)),
            label=name,
        )

    return [row(name) for name in KNOWS]

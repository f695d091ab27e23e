"""What can be done to many things at once: one table (rule 10.6), filled at start-up by each area."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.models import Company, Member

Text = str | Promise
Values = dict[str, Any]
"""What was asked for besides, such as who becomes a master; stored as JSON."""
Counted = Callable[[int], str]
"""A text for a number of things."""


@dataclass(frozen=True)
class Outcome:
    """What one action has done to one thing."""

    before: Values = field(default_factory=dict)
    """What undoing needs to know."""
    note: str = ""
    """Shown beside the verdict."""
    raised: Collection[int] = ()
    """Other things of the kind whose version this has raised: for them it is no change by others."""


@dataclass(frozen=True)
class Line:
    """A consequence, in the question before many are changed."""

    icon: str
    text: str
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Things:
    """What is chosen from: a list of the company, and how its rows are found again."""

    name: str
    title: Text
    back: str
    """The URL name of the list."""
    download: str
    """The URL name that answers with the list as a file, or the chosen rows of it."""
    model: type[Model]
    """Its rows have a name and a version."""
    found: Callable[[Member, Company, QueryDict], QuerySet[Any]]
    """The rows that the list shows a viewer for its filter; all without one."""
    locked: Callable[[int, int], Any]
    """The row of a company with this id, locked after what its actions lock first; None if it is gone."""
    all_text: Text
    """For the box that chooses all, where nothing is filtered."""


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """One action. The bar of the list, the question, the work and the result follow from it."""

    name: str
    things: Things
    label: Text
    """On the button of the bar."""
    icon: str
    question: Counted
    """ "Delete 3 groups?" """
    title: Text
    """What was done, over the result: "Delete groups"."""
    apply: Callable[[Any, Values, Actor], Outcome | None]
    """Does it to one locked thing; None if nothing had to change. Raises what actions raise."""
    undo: Callable[[Any, Values, Actor], Outcome | None] | None = None
    """Undoes it, from what `Outcome.before` said."""
    undo_question: Counted | None = None
    finish_undo: Callable[[int, Values, Actor], None] | None = None
    """For each undone row, by id, once all are undone; safe to do twice."""
    asks: bool = False
    """Whether it asks first even for a few rows; it always does for all that match."""
    wants_number: bool = False
    """Whether the number has to be typed, because nothing brings them back."""
    is_danger: bool = False
    form: Callable[..., forms.Form] | None = None
    """Asks for more: called with the posted data, `actor` and `company`; has `values()`."""
    consequences: Callable[[Company, Sequence[int], Actor], list[Line]] | None = None
    needs_proof: Callable[[Sequence[int]], bool] | None = None
    """Whether some of them make it a delicate change, to be confirmed (rule 9.4)."""
    check_losses: Callable[[Sequence[tuple[int, Values]], Actor], None] | None = None
    """Asks before many people are lost by all of it (rule 10.5): of each, by id, what is done to it."""
    check_undo_losses: Callable[[Sequence[tuple[int, Values]], Actor], None] | None = None
    """The same before it is undone."""
    ordered: Callable[[Sequence[int]], list[int]] | None = None
    """The order in which they have to be done."""


ACTIONS: dict[str, BulkAction] = {}
THINGS: dict[str, Things] = {}


def register(actions: Sequence[BulkAction]) -> None:
    """Makes these available; their names are stored in the rows."""
    for action in actions:
        things = action.things
        if ACTIONS.setdefault(action.name, action) is not action:
            raise ImproperlyConfigured(f"There are two bulk actions called {action.name}.")
        if THINGS.setdefault(things.name, things) is not things:
            raise ImproperlyConfigured(f"There are two lists called {things.name}.")


def actions_for(things: Things) -> list[BulkAction]:
    """What can be done to these, in the order of the bar."""
    return [action for action in ACTIONS.values() if action.things is things]

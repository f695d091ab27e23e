"""The bar of a list, from which rows are chosen (rule 10.6): `templates/accounts/_bulk_bar.html`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from groupadmin.base.paging import Page

from .actions import BulkAction, Things, actions_for


@dataclass(frozen=True)
class Bar:
    """What a list offers for the rows that are chosen in it."""

    things: Things
    actions: Sequence[BulkAction]
    filter: str
    """The list's filter, sent again for all that match."""
    has_more: bool
    """Whether more match than this page shows."""
    all_text: str


def bar_of(things: Things, page: Page[Any], filter_: str = "", *, has_more: bool = False) -> Bar:
    """The bar below a page of the list. Nothing is counted: whether there is more, the page knows."""
    more = has_more or bool(page.previous or page.next)
    every = _("All that match, on every page") if filter_ else str(things.all_text)
    return Bar(things, actions_for(things), filter_, more, every)


def filter_of(**given: str) -> str:
    """A list's filter as it stands in its address."""
    return urlencode({name: value for name, value in given.items() if value}, errors="replace")

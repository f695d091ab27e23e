"""What somebody has chosen in a list: rows of a page, or all that match (rule 10.6)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from accounts.models import Company, Member
from groupadmin.base.ids import parse_id

from .actions import Things

PICKED_AT_MOST = 1_000
FILTER_LENGTH = 2_000


@dataclass(frozen=True)
class Choice:
    """The ids of what was chosen and is there for the person who chooses, and how it was chosen."""

    ids: Sequence[int]
    is_all: bool
    filter: str
    missing: int = 0
    """How many of the chosen rows are no longer there."""

    @property
    def seal(self) -> str:
        """What tells this choice from another: what is confirmed is what was asked."""
        return hashlib.sha256(",".join(map(str, sorted(self.ids))).encode()).hexdigest()[:32]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as fields of a form, for a page that asks first."""
        if self.is_all:
            return [("all", "1"), ("filter", self.filter)]
        return [("pk", str(pk)) for pk in self.ids]


def read_choice(posted: QueryDict, things: Things, viewer: Member, company: Company) -> Choice:
    """The choice in a posted form. All that match are found by the list's own filter, sent again."""
    filter_ = posted.get("filter", "")[:FILTER_LENGTH]
    if "all" in posted:
        found = things.found(viewer, company, QueryDict(filter_))
        return Choice(list(found.order_by("pk").values_list("pk", flat=True)), True, filter_)
    picked = {pk for text in posted.getlist("pk")[:PICKED_AT_MOST] if (pk := parse_id(text))}
    rows = things.found(viewer, company, QueryDict()).filter(pk__in=picked)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return Choice(ids, False, filter_, len(picked) - len(ids))

"""Whom to ask where somebody may not do a thing themselves: the administrators, by name (rule 1.14)."""

from dataclasses import dataclass

from .models import Company, Member

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class WhomToAsk:
    """Some administrators of one's own company, and whether there are more."""

    people: list[Member]
    has_more: bool


def whom_to_ask(company: Company | None) -> WhomToAsk:
    """In one query."""
    if company is None:
        return WhomToAsk([], has_more=False)
    found = list(Member.objects.active().filter(company=company, is_administrator=True)[: NAMED_AT_MOST + 1])
    return WhomToAsk(found[:NAMED_AT_MOST], has_more=len(found) > NAMED_AT_MOST)

"""Who gains and loses what by an import, as its page says it (rule 10.2).

What groups.directory.imports.meaning has stored is read with care: it may be of an earlier version.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.directory.imports.meaning import EFFECTS_KEPT
from groups.directory.imports.summary import number_in, warnings_of

CARDS: tuple[tuple[str, str, Promise, Promise], ...] = (
    ("people", "users", gettext_lazy("People"), gettext_lazy("join or leave groups")),
    ("mail", "mail", gettext_lazy("Mail"), gettext_lazy("get or miss the mail of lists")),
    ("rooms", "messages-square", gettext_lazy("Rooms"), gettext_lazy("enter or leave rooms")),
    ("contacts", "at-sign", gettext_lazy("External contacts"), gettext_lazy("get or miss it from outside")),
)


@dataclass(frozen=True)
class Card:
    """How many gain or lose something."""

    icon: str
    label: str
    hint: str
    gained: int
    lost: int


@dataclass(frozen=True)
class ChangedGroup:
    """A group that gains or loses people."""

    name: str
    gained: int
    lost: int
    has: str
    url: str


@dataclass(frozen=True)
class Meaning:
    """What the page says."""

    cards: list[Card]
    warnings: list[str]
    groups: list[ChangedGroup]
    is_cut: str = ""
    """What the table of each person does not have, if it does not have all."""


def meaning_of(stored: Any) -> Meaning | None:
    """The meaning, if it has been found out."""
    if not isinstance(stored, dict) or not stored:
        return None
    cards = [
        Card(
            icon,
            str(label),
            str(hint),
            number_in(stored.get(key), "gained"),
            number_in(stored.get(key), "lost"),
        )
        for key, icon, label, hint in CARDS
        if key in stored
    ]
    groups = [_group(one) for one in stored.get("groups", [])]
    return Meaning(cards, list(warnings_of(stored)), groups, _cut(stored))


def _cut(stored: dict[str, Any]) -> str:
    if stored.get("is_cut") is not True:
        return ""
    text = _(
        "The table of each person has everybody who loses something, but only the first %(count)s gains."
    )
    return text % {"count": f"{EFFECTS_KEPT:,}"}


def _group(stored: dict[str, Any]) -> ChangedGroup:
    has = [_("mailing list")] if stored.get("mail") else []
    has += [_("room")] if stored.get("room") else []
    pk = stored.get("id")
    return ChangedGroup(
        str(stored.get("name", "")),
        number_in(stored, "gained"),
        number_in(stored, "lost"),
        ", ".join(has),
        reverse("groups:detail", args=[pk]) if isinstance(pk, int) and pk > 0 else "",
    )

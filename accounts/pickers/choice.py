"""What a person sees of a choice: on a chip and in the list of results."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .tokens import split_token


@dataclass(frozen=True)
class Choice:
    """A person, a team or another object, under its token.

    Each part of label and detail is isolated: they belong in an element without a direction of its own, or
    the first part would set it.
    """

    token: str
    kind: str
    pk: int
    name: str
    label: str
    detail: str = ""
    people: int | None = None
    photo: str = ""

    @property
    def as_list(self) -> "list[Choice]":
        """For the template that takes several chips."""
        return [self]

    @property
    def count(self) -> str:
        """The number of people that a team or group stands for (rule 2.10)."""
        if self.people is None:
            return ""
        return ngettext("%(count)s person", "%(count)s people", self.people) % {"count": f"{self.people:,}"}


def not_available(token: str) -> Choice:
    """The placeholder for something that was deleted, or that the actor may not know of."""
    kind, pk = split_token(token)
    name = _("No longer available")
    return Choice(token, kind, pk, name, name)

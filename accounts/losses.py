"""Losing many people at once: what counts as many, and who has agreed to it (rule 10.5).

An action that takes people from a company or a group calls `actor.check_losses`. If they are many and the
actor has not agreed to the number, that raises LosesMany: nothing has changed. On pages and in Django admin
accounts/agreeing.py answers it with a question, and then carries on. Doors that can ask nobody, such as
commands and jobs, refuse, unless their actor `accepts_loss`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groupadmin.base.text import isolated

FIELD = "loss-agreed"
NAMED_AT_MOST = 20
# An id and a number each, of as many groups as a company can have.
_AGREED = re.compile(r"\b(company|group)-([0-9]{1,18}):([0-9]{1,9})\b", re.ASCII)


def fewest() -> int:
    """Below so many people nobody is asked; never one, which is not many."""
    return max(2, int(settings.LOSS_ASKS_FROM))


def is_large(lost: int, of: int) -> bool:
    """Whether it is more than the set share, and not just a few people."""
    return lost >= fewest() and lost * 100 > of * float(settings.LOSS_ASKS_PERCENT)


@dataclass(frozen=True)
class Loss:
    """How many of its people a company or a group loses in one step."""

    kind: str
    pk: int
    name: str
    lost: int
    of: int

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.pk}"

    @property
    def is_large(self) -> bool:
        return is_large(self.lost, self.of)

    def __str__(self) -> str:
        text = ngettext(
            "%(lost)s of %(of)s person from %(name)s", "%(lost)s of %(of)s people from %(name)s", self.of
        )
        return text % {"lost": f"{self.lost:,}", "of": f"{self.of:,}", "name": isolated(self.name)}


@dataclass(frozen=True)
class Agreement:
    """To which losses somebody has agreed: the most people for each company or group."""

    numbers: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def read(cls, text: str) -> "Agreement":
        """What a form says, in which nothing else is believed."""
        found = _AGREED.findall(text)
        return cls(frozenset((f"{kind}-{int(pk)}", int(number)) for kind, pk, number in found))

    @classmethod
    def of(cls, request: HttpRequest) -> "Agreement":
        """What the form that is sent agrees to."""
        return cls.read(" ".join(request.POST.getlist(FIELD))) if request.method == "POST" else cls()

    def covers(self, losses: Iterable[Loss]) -> bool:
        """Whether none of these is more than was agreed to."""
        most: dict[str, int] = {}
        for key, number in self.numbers:
            most[key] = max(number, most.get(key, 0))
        return all(loss.lost <= most.get(loss.key, 0) for loss in losses)

    def with_losses(self, losses: Iterable[Loss]) -> "Agreement":
        """What is agreed to once these are too."""
        return Agreement(self.numbers | {(loss.key, loss.lost) for loss in losses})

    def __str__(self) -> str:
        return " ".join(f"{key}:{number}" for key, number in sorted(self.numbers))


NO_AGREEMENT = Agreement()


@dataclass
class Step:
    """Several actions that are one step to the person: what they lose is added up."""

    losses: dict[str, Loss] = field(default_factory=dict)

    def add(self, losses: Iterable[Loss]) -> None:
        """One more action's losses; how many there were counts before the first one."""
        for loss in losses:
            before = self.losses.get(loss.key)
            both = loss if before is None else replace(before, lost=before.lost + loss.lost)
            self.losses[loss.key] = both


class LosesMany(Exception):  # noqa: N818  (a question, not a fault)
    """A change takes many people from a company or from groups. Nothing has changed."""

    def __init__(self, losses: Iterable[Loss]) -> None:
        super().__init__("many people would be lost")
        self.losses = sorted(losses, key=lambda loss: (loss.kind, -loss.lost, loss.pk))
        self.keeps: dict[str, str] = {}
        """What the form needs besides what was posted, such as the draft of an uploaded photo."""

    @property
    def message(self) -> str:
        """For doors that can ask nobody."""
        named = "; ".join(str(loss) for loss in self.losses[:NAMED_AT_MOST])
        if len(self.losses) > NAMED_AT_MOST:
            named += " …"
        return _("This removes many people at once: %(losses)s. Nothing was changed.") % {"losses": named}

"""The ids of resources: a letter for the kind and a number; none stands for two things (RFC 7643, 3.1)."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

_REF = re.compile(r"([ugt])-([1-9][0-9]{0,17})", re.ASCII)


class Kind(StrEnum):
    """The kinds of resources, by their letters."""

    USER = "u"
    GROUP = "g"
    TEAM = "t"

    @property
    def label(self) -> str:
        """What `meta.resourceType` and the `type` of a member say."""
        return {Kind.USER: "User", Kind.GROUP: "Group", Kind.TEAM: "Team"}[self]

    @property
    def endpoint(self) -> str:
        return f"{self.label}s"


class Ref(NamedTuple):
    """One resource."""

    kind: Kind
    pk: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.pk}"

    @classmethod
    def read(cls, text: object) -> "Ref | None":
        """What an id stands for; None if it is none of ours."""
        found = _REF.fullmatch(text) if isinstance(text, str) else None
        return cls(Kind(found[1]), int(found[2])) if found else None


def pk_of(text: object, kind: Kind) -> int | None:
    """The number of a resource of this kind; None if the id is another one's."""
    ref = Ref.read(text)
    return ref.pk if ref is not None and ref.kind is kind else None


def numbers(refs: Iterable[Ref], kind: Kind) -> frozenset[int]:
    """The numbers of those of this kind."""
    return frozenset(ref.pk for ref in refs if ref.kind is kind)

"""Tries a change of many before it begins, to ask once about the people who would be lost (rules 10.5, 10.6).

Row by row nobody would notice: each takes away a few.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from .actions import Values

Pairs = Sequence[tuple[int, Values]]
"""The things to be changed, by id, each with what is done to it."""


class _Back(Exception):  # noqa: N818  (no fault: the way out)
    """Takes back what was tried."""


@contextmanager
def rolled_back() -> Iterator[None]:
    """What happens inside has not happened."""
    try:
        with transaction.atomic():
            yield
            raise _Back
    except _Back:
        return


def parts(ids: Sequence[int], size: int = 5_000) -> list[Sequence[int]]:
    """The ids in parts that databases take as parameters."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]

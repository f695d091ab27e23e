"""Looks at every page of the tour at every width from 320 to 2560 pixels, and says what is laid out badly.

    pytest tests/browser/widths.py [-n 2] [-k administrator]

No part of the suite, which looks at the widths next to the break points only: it takes a quarter of an hour.
"""

from collections import defaultdict
from pathlib import Path

import pytest
from django.test import override_settings

from .layout import EVERY_WIDTH, Fault, faults_at, spoken
from .test_every_page import files, tour, visits
from .tour import PLACES, VISITORS
from .tour.visits import Visits

__all__ = ["files", "tour", "visits"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("visitor", VISITORS)
def test_every_width(visits: Visits, files: Path, media: Path, visitor: str) -> None:
    """The report is the message of the failure, each fault once."""
    found: defaultdict[Fault, dict[str, list[int]]] = defaultdict(dict)
    places = [place for place in PLACES if place.visitor == visitor]
    with override_settings(MEDIA_ROOT=files):
        for place in places:
            for fault, widths in faults_at(visits.visit(place), EVERY_WIDTH).items():
                found[fault][str(place)] = widths
    looked = f"{visitor}: {len(places)} pages at {len(EVERY_WIDTH)} widths each, {len(found)} faults"
    print(f"\n{looked}")
    told = [_said(fault, on) for fault, on in sorted(found.items(), key=_order)]
    assert not found, "\n".join([looked, *told])


def _order(item: tuple[Fault, dict[str, list[int]]]) -> tuple[str, str]:
    return item[0].kind, item[0].where


def _said(fault: Fault, on: dict[str, list[int]]) -> str:
    widths = spoken((width for each in on.values() for width in each), EVERY_WIDTH.step)
    places = sorted(on)
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f"{fault.kind}\n    {fault.where} “{fault.text}”\n    at {widths} on {', '.join(places[:3])}{more}"

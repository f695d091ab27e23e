"""What is wrong with the layout of a page, at any width; layout.js says what is looked for (rule 5.11)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_script = Path(__file__).with_suffix(".js").read_text()

# The smallest, a phone, and where the next larger layout has least room; at last the widest.
BREAK_POINTS = (320, 390, 576, 768, 992, 1200, 2560)
EVERY_WIDTH = range(320, 2561, 20)


@dataclass(frozen=True)
class Fault:
    kind: str
    where: str
    """A path of tags and classes to the element."""
    text: str
    """How its text begins."""


def faults_at(page: Page, widths: Iterable[int]) -> dict[Fault, list[int]]:
    """The faults of a page as it stands, with the widths that have them. Its size is the same afterwards."""
    found: defaultdict[Fault, list[int]] = defaultdict(list)
    size = page.viewport_size or {"width": 1280, "height": 900}
    for width in widths:
        page.set_viewport_size({"width": width, "height": size["height"]})
        seen: list[dict[str, Any]] = page.evaluate(_script)
        for fault in {Fault(**one) for one in seen}:
            found[fault].append(width)
    page.set_viewport_size(size)
    return dict(found)


def laid_out(page: Page) -> list[str]:
    """A check of the tour: no fault at the widths next to the break points."""
    return [
        f"{fault.kind} at {spoken(widths)}: {fault.where} “{fault.text}”"
        for fault, widths in faults_at(page, BREAK_POINTS).items()
    ]


def spoken(widths: Iterable[int], step: int = 1) -> str:
    """Widths as one says them: 320–360, 768."""
    ranges: list[list[int]] = []
    for width in sorted(set(widths)):
        if ranges and width - ranges[-1][1] <= step:
            ranges[-1][1] = width
        else:
            ranges.append([width, width])
    return ", ".join(f"{low}–{high}" if high > low else str(low) for low, high in ranges)

"""What pages no longer say where the system chooses the colours; forced_colours.js says what that is."""

from pathlib import Path

from playwright.sync_api import Page

_script = Path(__file__).with_suffix(".js").read_text()


def said_without_own_colours(page: Page) -> list[str]:
    """A check of the tour: what is ticked, current, new or to be filled in still shows."""
    page.emulate_media(forced_colors="active")
    faults: list[str] = page.evaluate(_script)
    page.emulate_media(forced_colors="none")
    return [f"in forced colours {fault}" for fault in dict.fromkeys(faults)]

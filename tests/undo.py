""" "Undo" as it stands in a page's message (rule 10.13)."""

import re
from typing import Any

from django.test import Client

OFFER = re.compile(r'<form[^>]+action="(/undo/[0-9a-f-]+/)"')


def offered(page: Any) -> str:
    """The address that undoes what the page says was done; empty if nothing is offered."""
    found = OFFER.search(page.content.decode())
    return found[1] if found else ""


def undo(client: Client, page: Any, back: str = "/groups/") -> str:
    """Presses it, and returns the page that follows."""
    address = offered(page)
    assert address, "nothing is offered"
    return client.post(address, {"next": back}, follow=True).content.decode()

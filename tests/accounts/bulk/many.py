"""How the tests of many at once choose in a list, and read the verdicts."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import BulkChange, BulkRow
from tests.accounts.pages import text_of


def choose(client: Client, things: str, action: str, *chosen: Any, **more: Any) -> Any:
    """Posts the bar of a list: the rows, or `all="1"` with its `filter`."""
    sent = {"action": action, "pk": [thing.pk for thing in chosen], **more}
    return client.post(reverse("accounts:bulk_choose", args=[things]), sent)


def seal_in(asked: Any) -> str:
    """What the question asks about, as its form sends it back."""
    return text_of(asked).split('name="seal" value="')[1].split('"')[0]


def change_many(client: Client, things: str, action: str, *chosen: Any, **more: Any) -> BulkChange:
    """Chooses, and answers the question if there is one."""
    answer = choose(
        client, things, action, *chosen, **{k: v for k, v in more.items() if k in ("all", "filter")}
    )
    if answer.status_code == 200:
        answer = choose(client, things, action, *chosen, seal=seal_in(answer), **more)
    assert answer.status_code == 302, text_of(answer)
    change = BulkChange.objects.latest("pk")
    assert answer["Location"] == reverse("accounts:bulk", args=[change.pk])
    return change


def undo(client: Client, change: BulkChange) -> BulkChange:
    """Undoes it on its page."""
    answer = client.post(reverse("accounts:bulk_undo", args=[change.pk]))
    assert answer.status_code == 302
    return BulkChange.objects.get(undoes=change)


def verdicts(change: BulkChange) -> dict[str, str]:
    """The verdict of each row, by name."""
    return dict(change.rows.values_list("name", "verdict"))


def reason(change: BulkChange, name: str) -> str:
    return BulkRow.objects.get(change=change, name=name).reason

"""What browsers send from the dialogs, and what is read from the answers."""

import html
import re
import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Company, Member
from groups.models import Group

ADD = "/groups/add/"
ADD_EXTERNAL = "/groups/add-external/"


def filled(master: Member, *members: Member, **values: Any) -> dict[str, Any]:
    """A dialog for adding with everything that it needs. A value of None takes a field out."""
    form = {
        "form_key": str(uuid.uuid4()),
        "so_far": "0",
        "photo_draft": "",
        "name": "Launch",
        "description": "",
        "masters": f"member:{master.pk}",
        "members": "\n".join(f"member:{member.pk}" for member in members),
        "grants_features": "on",
        "is_visible": "on",
    }
    return _merged(form, values)


def with_list(company: Company, local_part: str = "launch", **values: Any) -> dict[str, Any]:
    """The part of a form that says that there is a mailing list."""
    form = {
        "uses_mailing_list": "on",
        "list-local_part": local_part,
        "list-domain": str(company.primary_domain.pk),
        "list-who_can_send": "everyone",
        "list-senders": "",
        "list-send_as": "",
        "list-contacts": "",
    }
    return _merged(form, {f"list-{name}": value for name, value in values.items()})


def as_it_is(group: Group, **values: Any) -> dict[str, Any]:
    """ "Edit Group/Master" of the group, sent as it was opened."""
    masters = group.masters.order_by("pk").values_list("member_id", flat=True)
    entries = [
        f"member:{entry.member_id}"
        if entry.member_id
        else f"team:{entry.team_id}"
        if entry.team_id
        else f"group:{entry.subgroup_id}"
        for entry in group.entries.order_by("pk")
    ]
    form: dict[str, Any] = {
        "version": str(group.version),
        "group": str(group.pk),
        "photo_draft": "",
        "name": group.name,
        "description": group.description,
        "masters": "\n".join(f"member:{pk}" for pk in masters),
        "members": "\n".join(entries),
    }
    form |= dict.fromkeys(group.switched_on, "on")
    if (mailing_list := group.mailing_list) is not None and mailing_list.address is not None:
        form |= {
            "list-local_part": mailing_list.address.local_part,
            "list-domain": str(mailing_list.address.domain_id),
            "list-who_can_send": mailing_list.who_can_send,
            "list-senders": "",
            "list-send_as": "",
            "list-contacts": "",
        }
    return _merged(form, values)


def _merged(form: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (form | values).items() if value is not None}


def edit_url(group: Group) -> str:
    return reverse("groups:edit", args=[group.pk])


class Answer:
    """A dialog as the server answered it."""

    def __init__(self, response: Any) -> None:
        self.status = response.status_code
        self.location = response.headers.get("Location") or response.headers.get("HX-Redirect", "")
        self.raw = "" if response.streaming else response.content.decode()
        self.text = html.unescape(self.raw)

    def error_of(self, field: str) -> str:
        """What stands beside the field."""
        match = re.search(rf'id="id_{re.escape(field)}_error">(.*?)</div>\s*</div>', self.raw, re.S)
        return html.unescape(re.sub("<[^>]*>", " ", match[1])).strip() if match else ""

    @property
    def alert(self) -> str:
        match = re.search(r'role="alert"[^>]*>(.*?)</div>\s*\n', self.raw, re.S)
        return html.unescape(re.sub("<[^>]*>", " ", match[1])).strip() if match else ""

    def tag(self, pattern: str) -> str:
        """The first tag that matches; the test fails where none does."""
        for tag in re.findall(r"<(?:input|textarea|select|button|option)\b[^>]*>", self.raw):
            if re.search(pattern, tag):
                return str(tag)
        raise AssertionError(f"no tag like {pattern}")

    def is_on(self, name: str) -> bool:
        return bool(re.search(r"\schecked\b", self.tag(f'name="{name}"')))

    def is_disabled(self, name: str) -> bool:
        return bool(re.search(r"\sdisabled\b", self.tag(f'name="{name}"')))

    def value(self, name: str) -> str:
        match = re.search(r'value="([^"]*)"', self.tag(f'name="{re.escape(name)}"'))
        return html.unescape(match[1]) if match else ""

    def text_of(self, name: str) -> str:
        """What stands in a text area."""
        match = re.search(rf'<textarea name="{re.escape(name)}"[^>]*>\n?(.*?)</textarea>', self.raw, re.S)
        assert match, name
        return html.unescape(match[1])


def send(client: Client, url: str, data: dict[str, Any], *, target: str = "") -> Answer:
    """Posts a dialog, by htmx if it says which element it is about to fill."""
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    return Answer(client.post(url, data, headers=headers))


def look(client: Client, url: str, *, target: str = "") -> Answer:
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    return Answer(client.get(url, headers=headers))


def the_group() -> Group:
    return Group.objects.get()

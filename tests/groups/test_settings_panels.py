"""A group's settings, panel by panel (rule 5.10)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Member
from groups.forms.panels import PANELS
from groups.models import Group
from tests.helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def url(group: Group, panel: str) -> str:
    return reverse("groups:edit_panel", args=[group.pk, panel])


def settings(group: Group) -> str:
    return reverse("groups:settings_of", args=[group.pk])


def send(client: Client, group: Group, panel: str, **values: Any) -> Any:
    data = {"version": group.version} | values
    return client.post(url(group, panel), {name: value for name, value in data.items() if value is not None})


def list_fields(group: Group, **values: Any) -> dict[str, Any]:
    assert group.mailing_list is not None
    assert group.mailing_list.address is not None
    fields = {
        "uses_mailing_list": "on",
        "list-local_part": group.mailing_list.address.local_part,
        "list-domain": group.mailing_list.address.domain_id,
        "list-who_can_send": "everyone",
    }
    return fields | values


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_is_a_form_of_its_own_in_its_place_and_without_htmx(
    group: Group, master: Member, client_of: ClientOf, panel: str
) -> None:
    shown = client_of(master).get(settings(group)).content.decode()
    assert f'href="{url(group, panel)}"' in shown
    page = client_of(master).get(url(group, panel)).content.decode()
    assert 'class="frame"' in page
    assert f'action="{url(group, panel)}"' in page
    fragment = (
        client_of(master, htmx=True)
        .get(url(group, panel), headers={"hx-target": f"panel-{panel}"})
        .content.decode()
    )
    assert fragment.strip().startswith("<section")
    assert f'action="{url(group, panel)}"' in fragment


def test_a_panel_changes_what_it_holds_and_nothing_else(
    group: Group, master: Member, client_of: ClientOf
) -> None:
    """Whatever else is posted: people, other switches, the list stay."""
    client = client_of(master)
    before = Group.objects.get(pk=group.pk)
    people = list(group.entries.values_list("pk", flat=True))
    answer = send(client, group, "information", name="Atlas", description="Maps", is_visible="on", note="on")
    assert answer["Location"] == f"{settings(group)}#panel-information"
    group.refresh_from_db()
    assert (group.name, group.description) == ("Atlas", "Maps")
    assert group.switched_on == before.switched_on
    assert list(group.entries.values_list("pk", flat=True)) == people
    entry = AuditEntry.objects.filter(action="group.edit").latest("pk")
    assert set(entry.changes) == {"name", "description"}


def test_features_and_what_needs_message(group: Group, master: Member, client_of: ClientOf) -> None:
    """Rule 3.2: without Message none of the others, and an error stands beside its switch."""
    assert send(client_of(master), group, "features", message="on", task="on").status_code == 302
    group.refresh_from_db()
    assert group.message
    assert group.task
    assert not group.note
    assert group.uses_mailing_list, "the list has a panel of its own"
    assert send(client_of(master), group, "features").status_code == 302
    group.refresh_from_db()
    assert not group.message
    assert not group.task
    assert send(client_of(master), group, "features", note="on").status_code == 422


def test_the_list_keeps_its_contacts_and_they_their_list(
    group: Group, master: Member, client_of: ClientOf
) -> None:
    client = client_of(master)
    typed = "Kim <kim@outside.example>\nlee@outside.example"
    assert send(client, group, "contacts", contacts=typed).status_code == 302
    group.refresh_from_db()
    changes = list_fields(group, **{"list-local_part": "maps", "list-blocks_external_domains": "on"})
    assert send(client, group, "list", **changes).status_code == 302
    group = Group.objects.get(pk=group.pk)
    assert group.mailing_list is not None
    assert group.address.startswith("maps@")
    assert group.mailing_list.blocks_external_domains
    emails = set(group.mailing_list.external_contacts.values_list("email", flat=True))
    assert emails == {"kim@outside.example", "lee@outside.example"}
    page = client.get(settings(group)).content.decode()
    assert all(email in page for email in emails), "they are listed where the list is"
    wrong = send(client, group, "contacts", contacts="nobody")
    assert wrong.status_code == 422
    assert "Not a valid email address" in wrong.content.decode()


def test_contacts_come_page_by_page(group: Group, master: Member, client_of: ClientOf) -> None:
    assert group.mailing_list is not None
    group.mailing_list.external_contacts.bulk_create(
        group.mailing_list.external_contacts.model(
            mailing_list=group.mailing_list, email=f"kim{number:02}@outside.example"
        )
        for number in range(30)
    )
    page = client_of(master).get(settings(group))
    assert b"kim24@" in page.content
    assert b"kim25@" not in page.content
    more = client_of(master, htmx=True).get(
        settings(group) + page.context["contacts"].next, headers={"hx-target": "list-contacts"}
    )
    assert b"kim25@" in more.content
    assert b"<html" not in more.content


def test_who_was_slower_is_asked(
    group: Group, master: Member, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 2.18: it says what others changed, and "Save anyway" saves."""
    seen = group.version
    send(client_of(administrator), group, "information", name="Theirs", description="", is_visible="on")
    answer = send(client_of(master), group, "information", name="Mine", description="", is_visible="on")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Save anyway" in page
    assert "Theirs" in page
    assert 'value="Mine"' in page
    group.refresh_from_db()
    assert group.version > seen
    assert send(client_of(master), group, "information", name="Mine", description="").status_code == 302


def test_a_name_that_is_taken_is_said_beside_the_field(
    group: Group, private_group: Group, administrator: Member, client_of: ClientOf
) -> None:
    answer = send(client_of(administrator), group, "information", name=private_group.name)
    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.content.decode()


def test_masters_without_the_grant_edit_the_rest_and_are_told_why(
    group: Group, master: Member, client_of: ClientOf
) -> None:
    """Rules 5.2, 7."""
    Group.objects.filter(pk=group.pk).update(grants_features=False)
    client = client_of(master)
    page = client.get(settings(group)).content.decode()
    for panel in ("features", "list", "contacts"):
        assert url(group, panel) not in page
        assert client.get(url(group, panel)).status_code == 403
        assert send(client, group, panel).status_code == 403
    assert "Only administrators can switch the features of this group." in page
    assert send(client, group, "advanced", notifies="on", grants_features="on").status_code == 302
    group.refresh_from_db()
    assert group.notifies
    assert not group.grants_features, "that one is the administrators'"


def test_members_read_and_external_groups_have_no_list(
    group: Group, external_group: Group, member: Member, master: Member, client_of: ClientOf
) -> None:
    page = client_of(member).get(settings(group)).content.decode()
    assert not any(url(group, panel) in page for panel in PANELS)
    for panel in ("list", "contacts", "nothing"):
        assert client_of(master).get(url(external_group, panel)).status_code == 404
    answer = send(client_of(master), external_group, "information", name="Abroad", is_visible="on")
    assert answer.status_code == 302
    external_group.refresh_from_db()
    assert not external_group.is_visible


def test_closing_a_list_to_everybody_is_asked_first(
    group: Group, master: Member, client_of: ClientOf
) -> None:
    """Rule 4.5."""
    group.refresh_from_db()
    closing = list_fields(group, **{"list-who_can_send": "designated"})
    answer = send(client_of(master), group, "list", **closing)
    assert answer.status_code == 422
    assert "This closes the list to everyone." in answer.content.decode()
    assert send(client_of(master), group, "list", **closing, **{"list-closes": "on"}).status_code == 302

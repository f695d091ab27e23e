"""Each change is written to the outbox in its own transaction, whoever makes it (rule 11.5)."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import audit
from accounts.actions.members import deactivate_member
from accounts.actions.teams import TeamSettings, add_team
from accounts.actor import Actor, Door, Refused, Service
from accounts.models import AuditEntry, Company, Member, Webhook, WebhookDelivery
from accounts.outbox.write import NAMED_AT_MOST
from groups.actions import delete_group
from groups.models import Group
from tests.factories import GroupFactory, WebhookFactory
from tests.helpers import ActorOf, actor_of

pytestmark = pytest.mark.django_db


def told(webhook: Webhook) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in webhook.deliveries.order_by("pk")]


@pytest.fixture
def webhook(company: Company) -> Webhook:
    return WebhookFactory.create(company=company)


def test_a_change_is_told_once_with_names_and_no_values(
    webhook: Webhook, company: Company, administrator: Member
) -> None:
    team = add_team(company, TeamSettings(name="Quill"), actor=actor_of(administrator))
    (event,) = told(webhook)
    entry = AuditEntry.objects.get(action="team.add")
    assert event == {
        "type": "team.created",
        "timestamp": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "action": "team.add",
            "target": {
                "kind": "team",
                "id": team.pk,
                "name": "Quill",
                "version": team.version,
                "path": f"/api/v1/teams/{team.pk}",
            },
            "changed": ["name"],
            "added": {},
            "removed": {},
            "is_cut": False,
            "actor": {"kind": "member", "name": administrator.name, "id": administrator.pk},
            "door": "web",
            "audit_entry": entry.pk,
        },
    }


def test_values_are_not_told(webhook: Webhook, administrator: Member, member: Member) -> None:
    """What a field held is asked for by REST, with a token."""
    changes: audit.Changes = {
        "email": ["old@hanbit.example", "new@hanbit.example"],
        "phone": [None, "+82 2"],
        "aliases": [["h@hanbit.example"], ["hana.private@hanbit.example"]],
    }
    audit.record(actor_of(administrator), "member.update", member, changes)
    (event,) = told(webhook)
    assert event["data"]["changed"] == ["aliases", "email", "phone"]
    assert (event["data"]["added"], event["data"]["removed"]) == ({}, {})
    assert "@" not in json.dumps(event)
    assert "+82" not in json.dumps(event)


def test_what_is_rolled_back_is_told_to_nobody(
    webhook: Webhook, company: Company, administrator: Member
) -> None:
    with transaction.atomic():
        add_team(company, TeamSettings(name="Quill"), actor=actor_of(administrator))
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_what_is_refused_is_not_told(webhook: Webhook, member: Member, master: Member) -> None:
    with pytest.raises(Refused):
        deactivate_member(master, actor=actor_of(member))
    assert AuditEntry.objects.filter(action="member.deactivate").exists()
    assert not WebhookDelivery.objects.exists()


def test_only_those_are_told_who_want_to_know(webhook: Webhook, company: Company, member: Member) -> None:
    """Whatever is off, or wants other events, or belongs to another company, is told nothing."""
    wants = WebhookFactory.create(company=company, event_types=["member.updated"])
    others = [
        WebhookFactory.create(company=company, event_types=["member.deleted"]),
        WebhookFactory.create(company=company, is_on=False),
        WebhookFactory.create(),
    ]
    audit.record(actor_of(member), "member.update_profile", member, {"phone": ["1", "2"]})
    assert not WebhookDelivery.objects.filter(webhook__in=others).exists()
    first, second = told(webhook), told(wants)
    assert first == second
    assert len(first) == 1
    assert len(set(WebhookDelivery.objects.values_list("event_id"))) == 1, "the same event for both"


def test_who_and_what_came_and_went_is_named(webhook: Webhook, administrator: Member, group: Group) -> None:
    """In all forms in which the audit has them."""
    items = [{"kind": "member", "id": pk, "name": f"P{pk}", "email": "p@x.example"} for pk in (1, 2, 3)]
    actor = actor_of(administrator)
    audit.record(actor, "group.edit_members", group, {"members": [items[:2], items[1:]]})
    audit.record(actor, "group.edit_members", group, {"members_removed": [None, items[:1]]})
    audit.record(actor, "group.edit_members", group, {"members_added": [None, items[:1]]})
    one, three = ({"kind": "member", "id": pk, "name": f"P{pk}"} for pk in (1, 3))
    assert [(event["data"]["added"], event["data"]["removed"]) for event in told(webhook)] == [
        ({"members": [three]}, {"members": [one]}),
        ({}, {"members": [one]}),
        ({"members": [one]}, {}),
    ]
    assert {event["type"] for event in told(webhook)} == {"group.people_changed"}


def test_an_event_stays_small(webhook: Webhook, administrator: Member, group: Group) -> None:
    items = [{"kind": "member", "id": pk, "name": f"P{pk}"} for pk in range(NAMED_AT_MOST + 1)]
    audit.record(actor_of(administrator), "group.edit_members", group, {"members": [[], items]})
    (event,) = told(webhook)
    assert (len(event["data"]["added"]["members"]), event["data"]["is_cut"]) == (NAMED_AT_MOST, True)


def test_another_companys_group_tells_of_ones_own_people(
    webhook: Webhook, guest: Member, other_company: Company, member: Member
) -> None:
    """Rules 1.1, 6.4: which company did it, not who; no path, as the group is not theirs."""
    group = GroupFactory.create(company=guest.company, external=True, masters=[guest], members=[member])
    actor = actor_of(guest)
    delete_group(group, actor=actor)
    (event,) = told(webhook)
    assert event["type"] == "group.deleted"
    assert event["data"]["actor"] == {"kind": "company", "name": other_company.name}
    assert event["data"]["target"]["path"] is None
    assert event["data"]["removed"] == {"members": [{"kind": "member", "id": member.pk, "name": member.name}]}


def test_another_companys_things_and_ids_are_not_told(
    webhook: Webhook, company: Company, group: Group, guest: Member, other_company: Company
) -> None:
    """Rule 6.4."""
    theirs = GroupFactory.create(company=other_company, external=True)
    person, thing = ({"kind": kind, "id": 5, "name": "Quokka"} for kind in ("member", "group"))
    entry = audit.Entry(theirs, {"members_removed": [None, [person, thing]]}, company.pk)
    audit.record_in_bulk(Actor.system(), "group.edit_members", [entry])
    audit.record(actor_of(guest), "group.edit_members", group)
    first, second = told(webhook)
    assert first["data"]["removed"] == {"members": [person]}
    assert second["data"]["actor"] == {"kind": "member", "name": guest.name, "company": other_company.name}


def test_programs_and_the_system_are_told_apart(webhook: Webhook, company: Company, group: Group) -> None:
    audit.record(Actor.system(), "group.edit", group)
    audit.record(Actor(None, Door.API, service=Service(company, "Payroll", 1)), "group.edit", group)
    assert [event["data"]["actor"] for event in told(webhook)] == [
        {"kind": "system"},
        {"kind": "program", "name": "Payroll"},
    ]


def test_each_of_many_is_told(webhook: Webhook, company: Company, actor_of: ActorOf, master: Member) -> None:
    groups = [GroupFactory.create(company=company) for _number in range(3)]
    changes: audit.Changes = {"is_visible": [True, False]}
    audit.record_each(Actor.system(), "group.make_private", groups, changes)
    entries = [audit.Entry(group, changes, company.pk) for group in groups]
    audit.record_in_bulk(Actor.system(), "group.make_private", entries)
    assert [event["data"]["target"]["id"] for event in told(webhook)] == [group.pk for group in groups] * 2


def test_many_at_once_are_written_at_once(webhook: Webhook, group: Group) -> None:
    """By the thousand on PostgreSQL with COPY."""
    entries = [audit.Entry(group, {}, group.company_id) for _number in range(150)]
    audit.record_in_bulk(Actor.system(), "group.make_private", entries)
    assert [event["type"] for event in told(webhook)] == ["group.updated"] * 150


def test_where_nobody_listens_it_costs_one_query(company: Company, group: Group, webhook: Webhook) -> None:
    """And nothing for what nobody can subscribe to, such as a sign-in."""
    Webhook.objects.all().delete()
    entries = [audit.Entry(group, {}, company.pk) for _number in range(20)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        audit.record(Actor.system(), "group.edit", group)
        audit.record(Actor.system(), "sign_in.done", None, company=company)
        audit.record_in_bulk(Actor.system(), "group.edit", entries)
    asked = [query["sql"] for query in queries if "accounts_webhook" in query["sql"]]
    assert len(asked) == 2

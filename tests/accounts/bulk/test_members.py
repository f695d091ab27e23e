"""Many members at once (rule 10.6)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions.members import MemberSettings, update_member
from accounts.actor import Actor
from accounts.models import AuditEntry, BulkChange, Company, Member, Team
from groups.models import Group
from tests.accounts.pages import text_of
from tests.factories import MemberFactory, TeamFactory
from tests.helpers import ClientOf, sign_in_again

from .many import change_many, choose, reason, seal_in, undo, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def is_active(member: Member) -> bool:
    return Member.objects.get(pk=member.pk).is_active


def test_deactivating_asks_with_numbers(
    client: Client, group: Group, external_group: Group, member: Member, master: Member, outsider: Member
) -> None:
    asked = choose(client, "members", "member.deactivate", member, master, outsider)
    shown = text_of(asked)
    assert asked.status_code == 200
    for said in (
        "Deactivate 3 members?",
        "3 people can no longer sign in",
        "2 groups lose members.",
        "2 groups lose masters.",
        "2 groups will have no master.",
        "They leave 1 external group.",
    ):
        assert said in shown
    assert is_active(member)
    assert not BulkChange.objects.exists()


def test_each_row_has_its_verdict(
    client: Client, administrator: Member, member: Member, outsider: Member
) -> None:
    """One's own refusal does not stop the others, and is in the audit."""
    Member.objects.filter(pk=outsider.pk).update(is_active=False)
    change = change_many(client, "members", "member.deactivate", administrator, member, outsider)
    assert verdicts(change) == {administrator.name: "refused", member.name: "done", outsider.name: "same"}
    assert reason(change, administrator.name).startswith("You cannot deactivate yourself.")
    assert (is_active(administrator), is_active(member)) == (True, False)
    entries = AuditEntry.objects.filter(action="member.deactivate").order_by("pk")
    assert sorted(entries.values_list("target_id", "result")) == sorted(
        [(administrator.pk, "refused"), (member.pk, "done")]
    )
    shown = text_of(client.get(reverse("accounts:bulk", args=[change.pk])))
    assert "Refused · 1" in shown
    assert "You cannot deactivate yourself." in shown
    only = text_of(client.get(reverse("accounts:bulk", args=[change.pk]), {"show": "done"}))
    assert member.name in only
    assert "You cannot deactivate yourself." not in only


def test_undone_until_somebody_else_touched_it(client: Client, member: Member, outsider: Member) -> None:
    change = change_many(client, "members", "member.deactivate", member, outsider)
    settings = MemberSettings.of(outsider)
    update_member(outsider, MemberSettings(**(vars(settings) | {"name": "Otto"})), actor=Actor.system())
    asked = text_of(client.get(reverse("accounts:bulk_undo", args=[change.pk])))
    assert "Activate 1 member again?" in asked
    assert "1 was changed since" in asked
    undone = undo(client, change)
    assert verdicts(undone) == {member.name: "done", outsider.name: "refused"}
    assert reason(undone, outsider.name) == "It has been changed since, and stays as it is."
    assert (is_active(member), is_active(outsider)) == (True, False)
    listed = text_of(client.get(reverse("accounts:bulk_list")))
    assert listed.index("Undo: Deactivate members") < listed.rindex("Deactivate members")
    # An undoing is not undone.
    assert client.get(reverse("accounts:bulk_undo", args=[undone.pk])).status_code == 302


def test_undoing_gives_external_places_back(
    client: Client, external_group: Group, master: Member, member: Member
) -> None:
    """Rule 2.23: those that this deactivation took away, as members and masters."""
    change = change_many(client, "members", "member.deactivate", master, member)
    assert not external_group.masters.exists()
    undo(client, change)
    assert external_group.masters.filter(member=master).exists()
    assert external_group.entries.filter(member=member).exists()


def test_all_that_match_are_found_again(client: Client, company: Company, member: Member) -> None:
    """Only of one's own company, and what was asked is what is done."""
    Member.objects.filter(company=company).update(name_folded="x")
    found = MemberFactory.create_batch(3, company=company)
    Member.objects.filter(pk__in=[one.pk for one in found]).update(is_active=False)
    filter_ = {"all": "1", "filter": "show=inactive"}
    asked = choose(client, "members", "member.activate", **filter_)
    assert "Activate 3 members?" in text_of(asked)
    Member.objects.filter(pk=member.pk).update(is_active=False)
    again = choose(client, "members", "member.activate", seal=seal_in(asked), **filter_)
    assert "What you chose has changed" in text_of(again)
    assert "Activate 4 members?" in text_of(again)
    sent = choose(client, "members", "member.activate", seal=seal_in(again), **filter_)
    assert sent.status_code == 302
    assert not Member.objects.filter(company=company, is_active=False).exists()


def test_others_people_are_not_there(client: Client, stranger: Member, member: Member) -> None:
    """Rule 1.1: whoever guesses ids changes, and learns, nothing."""
    nothing = choose(client, "members", "member.activate", stranger)
    assert nothing["Location"] == reverse("accounts:member_list")
    change = change_many(client, "members", "member.deactivate", stranger, member)
    assert verdicts(change) == {member.name: "done"}
    assert is_active(stranger)


def test_administrators_are_confirmed(client: Client, company: Company, administrator: Member) -> None:
    """Rule 9.4: with an administrator among them, who one is is asked again; before anything is changed."""
    others = MemberFactory.create_batch(2, company=company)
    Member.objects.filter(pk=others[1].pk).update(is_administrator=True)
    seal = seal_in(choose(client, "members", "member.deactivate", *others))
    sign_in_again(client, administrator, timezone.now() - timedelta(hours=1))
    asked = choose(client, "members", "member.deactivate", *others, seal=seal)
    assert asked.status_code == 403
    assert not BulkChange.objects.exists()
    assert all(is_active(one) for one in others)
    assert choose(client, "members", "member.deactivate", others[0], seal=seal).status_code == 200


def test_teams_and_back(
    client: Client, company: Company, member: Member, teammate: Member, team: Team
) -> None:
    """What was there before stays when it is undone."""
    other = TeamFactory.create(company=company)
    answers = {"teams": f"team:{team.pk} team:{other.pk}"}
    asked = choose(client, "members", "member.add_to_teams", member, teammate)
    assert "Add 2 members to which teams?" in text_of(asked)
    empty = choose(client, "members", "member.add_to_teams", member, teammate, seal=seal_in(asked))
    assert empty.status_code == 422
    assert "Choose at least one team." in text_of(empty)
    change = change_many(client, "members", "member.add_to_teams", member, teammate, **answers)
    assert set(verdicts(change).values()) == {"done"}
    assert {*member.team_memberships.values_list("team", flat=True)} == {team.pk, other.pk}
    undo(client, change)
    assert not member.team_memberships.exists()
    assert {*teammate.team_memberships.values_list("team", flat=True)} == {team.pk}
    gone = change_many(client, "members", "member.remove_from_teams", member, teammate, **answers)
    assert verdicts(gone) == {member.name: "same", teammate.name: "done"}
    undo(client, gone)
    assert {*teammate.team_memberships.values_list("team", flat=True)} == {team.pk}


def test_everybody_gets_a_mail(client: Client, member: Member, outsider: Member, teammate: Member) -> None:
    """Though it is one form (rule 5.8)."""
    Member.objects.filter(pk=teammate.pk).update(is_active=False)
    change = change_many(
        client, "members", "member.send_sign_in_mail", member, outsider, teammate, form_key="9" * 32
    )
    assert verdicts(change) == {member.name: "done", outsider.name: "done", teammate.name: "refused"}
    assert AuditEntry.objects.filter(action="member.send_sign_in_mail").count() == 2


def test_deleting_wants_the_number(client: Client, member: Member, outsider: Member) -> None:
    asked = choose(client, "members", "member.delete", member, outsider)
    assert "Type the number to confirm: 2" in text_of(asked)
    for typed in ("", "3", "two"):
        wrong = choose(client, "members", "member.delete", member, outsider, seal=seal_in(asked), typed=typed)
        assert wrong.status_code == 422
        assert Member.objects.filter(pk=member.pk).exists()
    change = change_many(client, "members", "member.delete", member, outsider, typed="2")
    assert set(verdicts(change).values()) == {"done"}
    assert not Member.objects.filter(pk__in=[member.pk, outsider.pk]).exists()
    assert client.get(reverse("accounts:bulk_undo", args=[change.pk])).status_code == 302

"""Attempts to reach what one may not know of (rules 7, 8.1)."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Company, Member
from groups.models import Group
from tests.accounts.pages import text_of
from tests.factories import TeamFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

LIST = "/audit/"
# New in each answer, whatever was asked for.
OF_THE_REQUEST = ("Content-Security-Policy", "X-Request-ID")
TOKEN = re.compile(rb'"X-CSRFToken": "[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"')


def test_unseen_things_that_are_guessed_are_told(
    company: Company, administrator: Member, outsider: Member, private_group: Group, client_of: ClientOf
) -> None:
    """Rules 7, 8.1: the answer is the same to the byte; the company finds the attempt, once an hour."""
    client = client_of(outsider)
    there = reverse("groups:detail", args=[private_group.pk])
    missing = reverse("groups:detail", args=[private_group.pk + 10_000])
    answers = [client.get(url) for url in (there, missing, there)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({TOKEN.sub(b"", answer.content) for answer in answers}) == 1
    headers = [{k: v for k, v in answer.headers.items() if k not in OF_THE_REQUEST} for answer in answers]
    assert headers[0] == headers[1]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.result, entry.actor_id) == ("group.see", "refused", outsider.pk)
    assert (entry.target_id, entry.company_id) == (private_group.pk, company.pk)
    assert client.post(reverse("groups:delete", args=[private_group.pk])).status_code == 404
    assert AuditEntry.objects.count() == 1
    with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(minutes=61)):
        client.get(there)
    assert AuditEntry.objects.count() == 2
    assert "The person who asked cannot see this." in text_of(
        client_of(administrator).get(reverse("accounts:audit_entry", args=[entry.pk]))
    )


def test_who_guesses_another_companys_people_is_told_to_that_company(
    company: Company, administrator: Member, member: Member, stranger: Member, client_of: ClientOf
) -> None:
    """Rule 6.4: they find the name and the company of the asker, nothing else."""
    assert client_of(stranger).get(reverse("groups:member", args=[member.pk])).status_code == 404
    entry = AuditEntry.objects.get()
    assert (entry.company_id, entry.action, entry.target_id) == (company.pk, "member.see", member.pk)
    page = text_of(client_of(administrator).get(LIST))
    assert "Sten Stranger" in page
    assert "Nordlicht" in page
    assert "sten@nordlicht.example" not in page


MEMBER_PAGES = ["member_edit", "member_delete"]
TEAM_PAGES = ["team_people", "team_below", "team_edit", "team_move", "team_delete", "team_people_add"]


@pytest.mark.parametrize("page", [*MEMBER_PAGES, *TEAM_PAGES])
def test_administrators_who_guess_ids_of_another_company_are_told_to_it(
    company: Company,
    administrator: Member,
    member: Member,
    other_administrator: Member,
    client_of: ClientOf,
    page: str,
) -> None:
    """Rules 1.1, 8.1: the answer is that of a thing that is not there; each attempt is told once an hour."""
    thing = member if page in MEMBER_PAGES else TeamFactory.create(company=company, name="Hidden")
    client = client_of(other_administrator)
    there, missing = (reverse(f"accounts:{page}", args=[pk]) for pk in (thing.pk, thing.pk + 10_000))
    answers = [client.get(url) for url in (there, missing, there)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({TOKEN.sub(b"", answer.content) for answer in answers}) == 1
    entry = AuditEntry.objects.get()
    assert (entry.company_id, entry.result, entry.actor_id) == (company.pk, "refused", other_administrator.pk)
    assert (entry.target_kind, entry.target_id) == (thing._meta.model_name, thing.pk)
    read = text_of(client_of(administrator).get(reverse("accounts:audit_entry", args=[entry.pk])))
    assert "Odd Administrator" in read
    assert "odd@nordlicht.example" not in read


@pytest.mark.parametrize("page", ["member_deactivate", "member_activate", "member_send_sign_in_mail"])
def test_guesses_that_would_change_something(
    member: Member, other_administrator: Member, client_of: ClientOf, page: str
) -> None:
    url = reverse(f"accounts:{page}", args=[member.pk])
    assert client_of(other_administrator).post(url).status_code == 404
    assert AuditEntry.objects.get().company_id == member.company_id


def test_of_superusers_nobody_reads(
    superuser: Member, other_administrator: Member, client_of: ClientOf
) -> None:
    """They are of no company: the entry would stand in the audit of whoever guesses, with their name."""
    url = reverse("accounts:member_edit", args=[superuser.pk])
    assert client_of(other_administrator).get(url).status_code == 404
    assert not AuditEntry.objects.exists()


def test_only_administrators_pages_tell_of_guesses(
    member: Member, stranger: Member, client_of: ClientOf
) -> None:
    """Who may not open the page at all is refused before anything is looked up."""
    assert client_of(stranger).get(reverse("accounts:member_edit", args=[member.pk])).status_code == 403
    assert set(AuditEntry.objects.values_list("company_id", "target_kind")) == {
        (stranger.company_id, "company")
    }


def test_who_is_refused_again_and_again_floods_no_audit(
    company: Company, guest: Member, external_group: Group, client_of: ClientOf
) -> None:
    """Rule 8.1: entries stay for half a year, and this one is of another company."""
    client, url = client_of(guest), reverse("groups:delete", args=[external_group.pk])
    for _time in range(12):
        assert client.post(url).status_code == 403
    found = AuditEntry.objects.filter(company_id=company.pk, actor_id=guest.pk)
    assert found.count() == 10
    # Something else is told of all the same, and so is the same an hour later.
    assert client.get(reverse("groups:edit", args=[external_group.pk])).status_code == 403
    assert found.count() == 11
    with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(minutes=61)):
        client.post(url)
    assert found.count() == 12

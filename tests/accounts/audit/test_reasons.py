"""Reasons in the audit are read in the reader's language, not in that of whoever acted (rule 8.1)."""

import csv
import io

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Member
from groups.external.leaving import leave_by_rule
from groups.models import Group
from tests.helpers import ActorOf, ClientOf

# ActionLabel of which Django itself has the German ones: there are no translations of ours yet.
SOURCE, GERMAN = "This field is required.", "Dieses Feld ist zwingend erforderlich."
LAZY = gettext_lazy(SOURCE)
LANGUAGES = [("en", "English"), ("de", "Deutsch")]


@pytest.fixture
def reader(administrator: Member, client_of: ClientOf) -> Client:
    """An administrator who reads German."""
    Member.objects.filter(pk=administrator.pk).update(language="de")
    return client_of(administrator)


def told(client: Client, entry: AuditEntry) -> str:
    with override_settings(LANGUAGES=LANGUAGES):
        return client.get(reverse("accounts:audit_entry", args=[entry.pk])).content.decode()


def test_of_a_refusal(reader: Client, member: Member, actor_of: ActorOf, company: Company) -> None:
    @audit.action
    def refused(*, actor: Actor) -> None:
        raise Refused("company.update", LAZY, company=company)

    for language in ("de", "en"):
        with translation.override(language), pytest.raises(Refused) as refusal:
            refused(actor=actor_of(member))
        # Whoever acted is told in their own language.
        assert refusal.value.reason == {"de": GERMAN, "en": SOURCE}[language]
    for entry in AuditEntry.objects.all():
        assert entry.reason == SOURCE
        assert GERMAN in told(reader, entry)


def test_of_a_change_that_many_companies_read(
    reader: Client, company: Company, external_group: Group
) -> None:
    Company.objects.filter(pk=company.pk).update(connecting="nobody")
    company.refresh_from_db()
    with translation.override("de"):
        leave_by_rule(company, actor=Actor.system(), reason=LAZY)
    entry = AuditEntry.objects.get(company_id=company.pk)
    assert entry.reason == SOURCE
    assert GERMAN in told(reader, entry)


def test_in_the_download(reader: Client, company: Company) -> None:
    audit.record(Actor.system(), "company.update", company, reason=LAZY)
    with override_settings(LANGUAGES=LANGUAGES):
        answer = reader.post(reverse("accounts:audit_csv"))
        text = b"".join(answer).decode("utf-8-sig")
    assert GERMAN in {row[-1] for row in csv.reader(io.StringIO(text))}


def test_of_what_is_text_already(reader: Client, company: Company) -> None:
    """Such as with a name in it, or from before."""
    for reason in ("Momo said no.", ""):
        entry = audit.record(Actor.system(), "company.update", company, reason=reason)
        assert entry.reason == reason
        page = told(reader, entry)
        assert "Project-Id-Version" not in page, "what an empty text is translated to"
        assert (reason or "Momo said no.") in page or not reason


def test_the_language_of_whoever_acts_stays(company: Company) -> None:
    with translation.override("de"):
        audit.record(Actor.system(), "company.update", company, reason=LAZY)
        assert gettext(SOURCE) == GERMAN

"""Delicate changes ask who one is again if the last proof is older than 15 minutes (rule 9.4)."""

from json import dumps
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.actions.company import CompanySettings, create_company
from accounts.actions.deletion import delete_company
from accounts.actions.factors import change_factors
from accounts.actor import Actor, Door
from accounts.confirmation import Unconfirmed
from accounts.jobs import kinds
from accounts.models import AuditEntry, Company, Domain, Job, Member
from accounts.source import Source
from tests.factories import PASSWORD, DomainFactory
from tests.factors import app_of, code, codes_of, wrong_code
from tests.helpers import ClientOf, Clock
from tests.passkeys import SoftKey, passkey_of

from .pages import company_form, general_form

pytestmark = pytest.mark.django_db

ASKED, WRONG = 403, 422
SETTINGS, COMPANY = reverse("accounts:settings"), reverse("accounts:company")
ADD_DOMAIN = reverse("accounts:domain_add")
NEW = {"name": "new.example"}


@pytest.fixture(autouse=True)
def counts() -> None:
    """Attempts are counted anew in each test."""
    cache.clear()


@pytest.fixture
def stale(administrator: Member, client_of: ClientOf, clock: Clock) -> Client:
    """The administrator's browser, a quarter of an hour after they signed in."""
    client = client_of(administrator)
    clock.forward(minutes=15)
    return client


def asks(answer: Any) -> bool:
    return bool(answer.status_code == ASKED) and answer.templates[0].name == "account/confirm.html"


def confirmed(client: Client, answer: Any, **proof: str) -> Any:
    """Sends the page that asks, with a proof; everything else as it stands there."""
    sent: dict[str, list[str]] = {}
    for name, value in answer.context["hidden_fields"]:
        sent.setdefault(name, []).append(value)
    proofs = {f"confirm-{name}": value for name, value in (proof or {"password": PASSWORD}).items()}
    return client.post(answer.context["action"], {**sent, **proofs})


def test_a_change_asks_and_then_carries_on(stale: Client, administrator: Member) -> None:
    """With what was typed; the next change does not ask again, for a quarter of an hour."""
    answer = stale.post(ADD_DOMAIN, NEW)
    assert asks(answer)
    assert "no-store" in answer["Cache-Control"]
    assert not Domain.objects.filter(name="new.example").exists()
    location = confirmed(stale, answer)["Location"]
    added = Domain.objects.get(name="new.example", company=administrator.company)
    assert location == reverse("accounts:domain", args=[added.pk])
    assert stale.post(ADD_DOMAIN, {"name": "next.example"}).status_code == 302


def test_signing_in_counts_for_a_quarter_of_an_hour(
    administrator: Member, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(administrator)
    clock.forward(minutes=14, seconds=58)
    assert client.post(ADD_DOMAIN, NEW).status_code == 302
    clock.forward(seconds=2)
    assert asks(client.post(ADD_DOMAIN, {"name": "late.example"}))


def test_a_wrong_password_changes_nothing(stale: Client) -> None:
    answer = stale.post(ADD_DOMAIN, NEW)
    wrong = confirmed(stale, answer, password="nearly my password")
    assert wrong.status_code == WRONG
    assert "nearly my password" not in wrong.content.decode()
    assert wrong.context["form"].errors == {"password": ["This password is not correct."]}
    assert not Domain.objects.filter(name="new.example").exists()
    assert confirmed(stale, wrong).status_code == 302, "what was typed is still there"


def test_nobody_confirms_as_somebody_else(stale: Client, member: Member) -> None:
    """The proof is the signed-in person's, or nobody's."""
    secret = app_of(member)
    key = SoftKey(member)
    passkey_of(member, key=key)
    answer = stale.post(ADD_DOMAIN, NEW)
    assert confirmed(stale, answer, code=code(secret)).status_code == WRONG
    assert confirmed(stale, answer, credential=dumps(key.used("AAAA"))).status_code == WRONG
    assert asks(stale.post(ADD_DOMAIN, NEW))


def test_passwords_cannot_be_guessed(stale: Client) -> None:
    """After ten wrong ones the right one has to wait too."""
    answer = stale.post(ADD_DOMAIN, NEW)
    for _attempt in range(10):
        confirmed(stale, answer, password="wrong")
    late = confirmed(stale, answer)
    assert late.status_code == WRONG
    assert "too many failed sign-ins" in late.content.decode()


def test_a_code_or_a_passkey_confirms(stale: Client, administrator: Member) -> None:
    """What is offered is what the person has."""
    assert "confirm-code" not in stale.post(ADD_DOMAIN, NEW).content.decode()
    secret = app_of(administrator)
    key = SoftKey(administrator)
    passkey_of(administrator, key=key)
    answer = stale.post(ADD_DOMAIN, NEW)
    assert "confirm-code" in answer.content.decode()
    assert confirmed(stale, answer, code=wrong_code(secret)).status_code == WRONG
    challenge = stale.post(ADD_DOMAIN, NEW).context["passkey_options"]["request_options"]["publicKey"][
        "challenge"
    ]
    assert confirmed(stale, answer, credential="[[[").status_code == WRONG
    assert confirmed(stale, answer, credential=dumps(key.used(challenge))).status_code == WRONG, "asked anew"
    challenge = stale.post(ADD_DOMAIN, NEW).context["passkey_options"]["request_options"]["publicKey"][
        "challenge"
    ]
    assert confirmed(stale, answer, credential=dumps(key.used(challenge))).status_code == 302


def test_a_code_confirms(stale: Client, administrator: Member) -> None:
    secret = app_of(administrator)
    assert confirmed(stale, stale.post(ADD_DOMAIN, NEW), code=code(secret)).status_code == 302


def test_a_page_asks_and_then_shows(stale: Client, administrator: Member) -> None:
    """Recovery codes, which are shown only to who has just proved who they are."""
    app_of(administrator)
    [first, *_rest] = codes_of(administrator)
    url = reverse("mfa_view_recovery_codes")
    answer = stale.get(url)
    assert asks(answer)
    assert first not in answer.content.decode()
    assert confirmed(stale, answer)["Location"] == url
    assert first in stale.get(url).content.decode()


def test_a_fragment_leads_to_a_page_that_asks(stale: Client) -> None:
    """And from there back, but nowhere else."""
    shown = f"http://testserver{SETTINGS}?x=1"
    answer = stale.post(ADD_DOMAIN, NEW, headers={"HX-Request": "true", "HX-Current-URL": shown})
    page = stale.get(answer["HX-Redirect"])
    assert asks(page)
    again = confirmed(stale, page)["Location"]
    assert stale.get(again)["Location"] == f"{SETTINGS}?x=1"
    away = stale.get(reverse("account_reauthenticate"), {"next": "https://evil.example/"})
    assert away["Location"] == "/"


def test_the_way_back_leads_here(stale: Client) -> None:
    for shown, back in (
        (f"http://testserver{SETTINGS}", SETTINGS),
        ("//evil.example", "/"),
    ):
        assert stale.post(ADD_DOMAIN, NEW, headers={"Referer": shown}).context["back"] == back


def member_form(person: Member, **values: str) -> dict[str, str]:
    local_part, _at, domain = person.email.partition("@")
    return {
        "name": person.name,
        "local_part": local_part,
        "domain": str(Domain.objects.get(name=domain).pk),
        "version": "1",
    } | values


@pytest.mark.parametrize("changed", [{"plan": "free"}, {"has_core": ""}, {"second_factor": "everybody"}])
def test_plan_and_sign_in_settings(stale: Client, company: Company, changed: dict[str, str]) -> None:
    wanted = {name: value for name, value in company_form(**changed, typed=company.name).items() if value}
    assert asks(stale.post(COMPANY, wanted))
    company.refresh_from_db()
    assert company.version == 1


def test_other_settings_do_not_ask(stale: Client) -> None:
    assert stale.post(SETTINGS, general_form(group_creators="everybody"))["Location"] == SETTINGS


def test_making_and_removing_administrators(stale: Client, member: Member, company: Company) -> None:
    """Also by deactivating, activating, deleting, or by an address that a reset mail goes to."""
    edit = reverse("accounts:member_edit", args=[member.pk])
    assert asks(stale.post(edit, member_form(member, is_administrator="on")))
    new = member_form(member, local_part="new", is_administrator="on")
    assert asks(stale.post(reverse("accounts:member_add"), new))
    Member.objects.filter(pk=member.pk).update(is_administrator=True)
    assert asks(stale.post(edit, member_form(member)))
    assert asks(stale.post(edit, member_form(member, local_part="else", is_administrator="on")))
    for name in ("deactivate", "delete"):
        address = reverse(f"accounts:member_{name}", args=[member.pk])
        assert asks(stale.post(address, {"typed": member.name}))
    Member.objects.filter(pk=member.pk).update(is_active=False)
    assert asks(stale.post(reverse("accounts:member_activate", args=[member.pk])))
    assert Member.objects.get(pk=member.pk).version == 1
    assert confirmed(stale, stale.post(edit, member_form(member))).status_code == 302
    assert not Member.objects.get(pk=member.pk).is_administrator


def test_other_changes_of_members_do_not_ask(stale: Client, member: Member) -> None:
    edit = reverse("accounts:member_edit", args=[member.pk])
    assert stale.post(edit, member_form(member, name="Momo M.")).status_code == 302
    for name in ("deactivate", "activate"):
        assert stale.post(reverse(f"accounts:member_{name}", args=[member.pk])).status_code == 302


def test_domains(stale: Client, company: Company) -> None:
    domain = DomainFactory.create(company=company)
    for name in ("domain_make_primary", "domain_remove"):
        assert asks(stale.post(reverse(f"accounts:{name}", args=[domain.pk])))


def test_a_domain_that_a_job_removes(
    stale: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked before the job begins, as nobody can be asked later."""
    domain = DomainFactory.create(company=company)
    monkeypatch.setattr("accounts.jobs.engine.AT_ONCE", -1)
    url = reverse("accounts:domain_remove", args=[domain.pk])
    answer = stale.post(url)
    assert asks(answer)
    assert not Job.objects.exists()
    confirmed(stale, answer)
    assert Job.objects.get().state == Job.State.DONE
    assert not Domain.objects.filter(pk=domain.pk).exists()


@pytest.mark.parametrize("name", ["accounts:audit_csv", "groups:mail_csv"])
def test_downloads_of_the_audit(stale: Client, name: str) -> None:
    answer = stale.post(reverse(name))
    assert asks(answer)
    assert not AuditEntry.objects.filter(action__startswith="audit.export").exists()
    assert confirmed(stale, answer)["Content-Type"].startswith("text/csv")


def test_second_factors(stale: Client, administrator: Member, member: Member) -> None:
    """One's own, and resetting another one's."""
    app_of(administrator)
    codes_of(administrator)
    passkey = passkey_of(administrator)
    app_of(member)
    own: list[tuple[str, list[int]]] = [
        ("mfa_deactivate_totp", []),
        ("mfa_add_webauthn", []),
        ("mfa_generate_recovery_codes", []),
    ]
    own += [("mfa_download_recovery_codes", []), ("mfa_view_recovery_codes", [])]
    own += [("mfa_edit_webauthn", [passkey.pk]), ("mfa_remove_webauthn", [passkey.pk])]
    for name, args in own:
        assert asks(stale.get(reverse(name, args=args))), name
        if "view" not in name and "download" not in name:
            assert asks(stale.post(reverse(name, args=args), {"name": "x"})), name
    assert asks(stale.post(reverse("accounts:member_reset_factors", args=[member.pk])))


def in_admin(person: Member, **values: Any) -> dict[str, Any]:
    """Django admin's form of a person."""
    return {
        "name": person.name,
        "email": person.email,
        "aliases": "",
        "is_active": "on",
        "language": "",
        "time_zone": "",
        "version": "1",
    } | values


@pytest.fixture
def stale_admin(superuser: Member, client_of: ClientOf, clock: Clock) -> Client:
    """The superuser's browser, a quarter of an hour after they signed in."""
    client = client_of(superuser)
    clock.forward(minutes=15)
    return client


def test_django_admin(stale_admin: Client, superuser: Member, member: Member, company: Company) -> None:
    """Superusers, administrators, passwords, domains, companies; what was typed is kept."""
    domain = DomainFactory.create(company=company)
    app_of(member)
    person = reverse("admin:accounts_member_change", args=[member.pk])
    people = reverse("admin:accounts_member_changelist")
    posts: list[tuple[str, dict[str, Any]]] = [
        (person, in_admin(member, is_superuser="on")),
        (person, in_admin(member, is_administrator="on")),
        (reverse("admin:accounts_member_add"), {"name": "Root II", "email": "two@installation.example"}),
        (
            reverse("admin:accounts_member_change", args=[superuser.pk]),
            in_admin(superuser, email="other@installation.example"),
        ),
        (reverse("admin:auth_user_password_change", args=[member.pk]), {}),
        (people, {"action": "reset_second_factors", "_selected_action": [member.pk]}),
        (reverse("admin:accounts_domain_add"), {"company": company.pk, "name": "new.example"}),
        (reverse("admin:accounts_domain_delete", args=[domain.pk]), {"post": "yes"}),
        (reverse("admin:accounts_company_delete", args=[company.pk]), {"post": "yes"}),
    ]
    before = AuditEntry.objects.count()
    for url, sent in posts:
        assert asks(stale_admin.post(url, sent)), url
    assert AuditEntry.objects.count() == before
    assert confirmed(stale_admin, stale_admin.post(*posts[0])).status_code == 302
    assert Member.objects.get(pk=member.pk).is_superuser


def test_superusers_of_a_company_in_django_admin(stale_admin: Client, member: Member) -> None:
    """A reset mail to another address would be a way into the whole installation."""
    Member.objects.filter(pk=member.pk).update(is_superuser=True)
    url = reverse("admin:accounts_member_change", args=[member.pk])
    sent = in_admin(member, is_superuser="on")
    assert asks(stale_admin.post(url, sent | {"email": "else@hanbit.example"}))
    assert asks(stale_admin.post(url, {name: value for name, value in sent.items() if name != "is_active"}))
    assert asks(stale_admin.post(reverse("admin:accounts_member_delete", args=[member.pk]), {"post": "yes"}))
    Member.objects.filter(pk=member.pk).update(is_active=False)
    assert asks(stale_admin.post(url, sent))


def test_other_changes_in_django_admin_do_not_ask(stale_admin: Client, member: Member) -> None:
    url = reverse("admin:accounts_member_change", args=[member.pk])
    assert stale_admin.post(url, in_admin(member, name="Momo M.")).status_code == 302


def test_the_actions_themselves_ask(superuser: Member, company: Company) -> None:
    """Whoever calls them, and whatever asked before."""
    actor = Actor(superuser, Door.ADMIN, must_confirm=True)
    with pytest.raises(Unconfirmed):
        create_company("New", "world", "new.example", CompanySettings.of(company), actor=actor)
    with pytest.raises(Unconfirmed):
        delete_company(company, actor=actor)
    with pytest.raises(Unconfirmed):
        kinds.start_deletion(company, actor=actor)
    with pytest.raises(Unconfirmed):
        change_factors(superuser, list, Source(None), actor=actor)


def test_whoever_has_nothing_to_prove_it_with(
    administrator: Member, client_of: ClientOf, clock: Clock
) -> None:
    """Is told to sign in again, as they have before."""
    administrator.set_unusable_password()
    administrator.save()
    client = client_of(administrator)
    clock.forward(minutes=15)
    assert "Sign out and in again" in client.post(ADD_DOMAIN, NEW).content.decode()
    empty = client.post(ADD_DOMAIN, NEW | {"confirm-password": ""})
    assert empty.status_code == WRONG

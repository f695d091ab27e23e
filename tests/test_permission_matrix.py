"""Every URL, asked by every role with every verb, answers as tests/matrix says (rule 7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts import audit, requiring
from accounts.actor import Actor
from accounts.models import BulkChange, Company, ContactBlock, ContactRequest, Job, PartnerDomain
from groups.mail.outgoing import unsubscribe
from groups.models import CompanyExport, DirectoryImport, PhotoDraft

from . import cast as maker
from .factories import (
    AccessTokenFactory,
    ContactFactory,
    DomainFactory,
    FailingAddressFactory,
    GroupFactory,
    IdentityProviderFactory,
    MailFactory,
    MasterFactory,
    SigningKeyFactory,
    WebhookDeliveryFactory,
    WebhookFactory,
)
from .factors import app_of, codes_of
from .matrix import API, MATRIX, ROLES, SCIM, Cast, Row
from .once import SignIns, files_again, made_once
from .passkeys import passkey_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FOREIGN_VERBS = ("put", "patch", "delete")
OPEN = {
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_inactive",
    # Rule 9.6: before one is signed in.
    "sso",
    "sso_start",
    "sso_back",
    "sso_logout",
    "cancel_sign_in",
    # Says which session it is asked in, and nothing if in none (rule 9.3).
    "session_mark",
    "icons",
    # Asks for the secret of a client.
    "accounts:oauth_token",
    "groups:unsubscribe_contact",
    "room:feed",
    # It asks for a token.
    *API,
    *SCIM,
}


def url_names(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every URL's name and the kinds of arguments that it takes. Django admin's are sampled below."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from url_names(pattern, inner)
        elif isinstance(pattern, URLPattern):
            kinds = {"int" for one in pattern.pattern.converters.values() if isinstance(one, IntConverter)}
            yield f"{namespace}{pattern.name}", kinds


URLS = dict(url_names(get_resolver()))
CASES = [
    pytest.param(name, row, id=f"{name} {row.label}".strip()) for name, rows in MATRIX.items() for row in rows
]


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    assert set(URLS) == set(MATRIX)


def test_every_row_knows_every_role() -> None:
    for name, rows in MATRIX.items():
        for row in rows:
            for answers in (row.get, row.post):
                assert answers is None or set(answers) == set(ROLES), name


def the_cast() -> Cast:
    """Everybody and everything that the matrix talks of, each group with a photo, and one person too.

    The member and the guest are contacts; the stranger has asked the outsider, who has blocked the other
    administrator.
    """
    cast = Cast(anonymous=None, superuser=maker.superuser())
    for which in maker.COMPANIES:
        setattr(cast, which, maker.company(which))
    for role, part in maker.PARTS.items():
        setattr(cast, role, maker.person(role, getattr(cast, part.company)))
    cast.team = maker.team(cast.company, cast.teammate)
    cast.group = maker.group(cast.company, cast.master, cast.member, cast.team)
    cast.private_group = maker.private_group(cast.company, cast.insider)
    cast.external_group = maker.external_group(cast.company, cast.master, cast.member, cast.guest)
    cast.deleted_group = maker.deleted_group(cast.company, cast.master, cast.member)
    for thing in (cast.group, cast.private_group, cast.external_group, cast.deleted_group):
        thing.photo_small.save("photo.webp", ContentFile(b"a picture"))
    MasterFactory.create(group=cast.group, member=cast.insider)
    cast.member.photo.save("photo.webp", ContentFile(b"a picture"))
    _contacts(cast)
    _of_the_company(cast)
    _mail(cast)
    app_of(cast.outsider)
    codes_of(cast.outsider)
    cast.passkey = passkey_of(cast.outsider)
    cast.sign_ins = SignIns(getattr(cast, role) for role in ROLES if role != "anonymous")
    return cast


def _contacts(cast: Any) -> None:
    ContactFactory.create(owner=cast.member, person=cast.guest)
    cast.contact_request = ContactRequest.objects.create(
        asker=cast.stranger, person=cast.outsider, address="otto@hanbit.example"
    )
    ContactBlock.objects.create(owner=cast.outsider, person=cast.other_administrator)


def _of_the_company(cast: Any) -> None:
    cast.domain = DomainFactory.create(company=cast.company)
    cast.partner_domain = PartnerDomain.objects.create(company=cast.company, name="partner.example")
    cast.directory_import = DirectoryImport.objects.create(
        company=cast.company, state="ready", door="web", started_by=cast.administrator
    )
    cast.company_export = CompanyExport.objects.create(company=cast.company, file="exports/gone.zip")
    cast.foreign_group = GroupFactory.create(
        company=cast.other_company, external=True, masters=[cast.guest], members=[cast.teammate]
    )
    cast.audit_entry = audit.record(Actor.system(), "company.update", cast.company)
    cast.draft = PhotoDraft(member=cast.administrator)
    cast.draft.photo.save("draft.webp", ContentFile(b"a picture"))
    cast.bulk_change = BulkChange.objects.create(
        company=cast.company, action="member.deactivate", door="web", finished_at=timezone.now()
    )
    cast.provider = IdentityProviderFactory.create(company=cast.company)
    cast.token = AccessTokenFactory.create(company=cast.company)
    cast.webhook = WebhookFactory.create(company=cast.company)
    cast.webhook_delivery = WebhookDeliveryFactory.create(webhook=cast.webhook)
    cast.job = Job.objects.create(
        company=cast.company, kind="company.update", started_by=cast.member, door="web"
    )


def _mail(cast: Any) -> None:
    cast.mail = MailFactory.create(group=cast.group)
    cast.signing_key = SigningKeyFactory.create(domain=cast.domain, state="former")
    cast.failing = FailingAddressFactory.create(address="otto@hanbit.example")
    cast.leaving = unsubscribe.token_of(cast.group.mailing_list_id, "client@outside.example")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "media"


@pytest.fixture(scope="module")
def cast_made_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker, files: Path) -> Iterator[Cast]:
    with made_once(django_db_blocker, files, the_cast) as cast:
        yield cast


@pytest.fixture
def cast(cast_made_once: Cast, files: Path, media: Path) -> Cast:
    """As it was made, whatever the tests before did to it."""
    files_again(files, media)
    return cast_made_once


def ask(client: Client, verb: str, name: str, row: Row, cast: Cast) -> int:
    cache.clear()  # the sign-in pages' limits would else answer for them
    url = reverse(name, args=list(row.args(cast)), query=row.query(cast) or None)
    data = row.data(cast) if verb == "post" else None
    response: Any = getattr(client, verb)(url, data)
    if verb == "post" and response.status_code == 302:
        assert not response["Location"].startswith("//")
    b"".join(response)
    return int(response.status_code)


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens within leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(("name", "row"), CASES)
def test_answers(cast: Cast, name: str, row: Row) -> None:
    """HEAD is answered by what answers GET: it is asked once for each answer, not by each role."""
    wrong = []
    heads: set[int] = set()
    for role in ROLES:
        nothing = 302 if role == "anonymous" and name not in OPEN else 405
        get = row.get[role] if row.get else nothing
        post = row.post[role] if row.post else nothing
        head = {"head": get} if get not in heads else {}
        heads.add(get)
        client = cast.sign_ins.client(getattr(cast, role))
        for verb, expected in ({"get": get} | head | {"post": post}).items():
            with taken_back():
                found = ask(client, verb, name, row, cast)
            if found != expected:
                wrong.append(f"{role} {verb}: {found} instead of {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "row"), CASES)
def test_verbs_that_there_are_none_of(cast: Cast, name: str, row: Row) -> None:
    """No request with another verb than those of the matrix is carried out."""
    for role in ("anonymous", "administrator"):
        client = cast.sign_ins.client(getattr(cast, role))
        for verb in FOREIGN_VERBS:
            status = ask(client, verb, name, row, cast)
            # The library's sign-in pages read PUT as POST, with nothing posted.
            fine = {200, 302, 404, 405} if name.startswith("account_") else {302, 404, 405}
            fine |= {401} if name in API or name in SCIM else set()
            assert status in fine, verb


@pytest.mark.parametrize("name", sorted(name for name, kinds in URLS.items() if "int" in kinds))
def test_ids_that_no_database_has(cast: Cast, name: str) -> None:
    """No 500, whatever number stands in the address."""
    args = list(MATRIX[name][0].args(cast))
    client = cast.sign_ins.client(cast.administrator)
    for impossible in (0, 2**31, 2**63 - 1, 2**63, 10**40):
        url = reverse(name, args=[impossible if isinstance(arg, int) else arg for arg in args])
        assert client.get(url).status_code in (404, 405)
        assert client.post(url).status_code in (404, 405)


def test_nothing_is_open_to_who_lacks_a_required_factor(cast: Cast) -> None:
    """Rule 9.2: every page and every change leads to the set-up, but for what needs no sign-in."""
    Company.objects.filter(pk=cast.company.pk).update(second_factor="administrators")
    admin = [reverse("admin:index"), reverse("admin:accounts_member_changelist")]
    found = set()
    for name, rows in MATRIX.items():
        url = reverse(name, args=list(rows[0].args(cast)))
        for htmx, verb in product((False, True), ("get", "post")):
            client = cast.sign_ins.client(cast.administrator, htmx=htmx)
            with taken_back():
                if not _leads_to_set_up(getattr(client, verb)(url)):
                    found.add(name)
    # The second step of a sign-in and a passkey alone need no sign-in either, but lead on who has one.
    assert found - OPEN - {"mfa_authenticate", "mfa_login_webauthn"} == requiring.OPEN
    client = cast.sign_ins.client(cast.administrator)
    assert all(_leads_to_set_up(client.get(url)) for url in admin)


def _leads_to_set_up(answer: Any) -> bool:
    led = answer.headers.get("HX-Redirect") or answer.headers.get("Location")
    return bool(led == reverse("mfa_index"))


def test_nobody_reaches_django_admin_but_superusers(cast: Cast) -> None:
    for role in ROLES:
        status = cast.sign_ins.client(getattr(cast, role)).get(reverse("admin:index")).status_code
        assert status == (200 if role == "superuser" else 302), role


def test_closed_by_default() -> None:
    """A page that needs no sign-in is one of those that are known to be open."""
    opened = {
        name for name, rows in MATRIX.items() for row in rows if row.get and row.get["anonymous"] != 302
    }
    # Whoever comes back from no provider is sent to sign in.
    assert opened == OPEN - {"sso_back"}
    assert "accounts.sign_in.returning.SignInMiddleware" in settings.MIDDLEWARE

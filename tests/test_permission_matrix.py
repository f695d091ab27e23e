"""Every URL, asked by every role with every verb, answers as tests/matrix says (spec 7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

from accounts import audit
from accounts.actor import Actor
from accounts.models import Company, ContactBlock, ContactRequest, Job, PartnerDomain
from groups.mail.outgoing import unsubscribe
from groups.models import Group, PhotoDraft

from .factories import (
    ContactFactory,
    DomainFactory,
    FailingAddressFactory,
    GroupFactory,
    MailFactory,
    MasterFactory,
)
from .helpers import client_of
from .matrix import MATRIX, ROLES, Cast, Row

pytestmark = pytest.mark.django_db

THINGS = ("group", "private_group", "external_group", "deleted_group", "team", "teammate")
FOREIGN_VERBS = ("put", "patch", "delete")
OPEN = {
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_inactive",
    "groups:unsubscribe_contact",
    "room:feed",
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


@pytest.fixture
def cast(request: pytest.FixtureRequest, company: Company) -> Cast:
    """Everybody and everything that the matrix talks of, each group with a photo, and one person too.

    The member and the guest are contacts; the stranger has asked the outsider, who has blocked the other
    administrator.
    """
    people = {role: request.getfixturevalue(role) for role in ROLES if role != "anonymous"}
    things = {name: request.getfixturevalue(name) for name in THINGS}
    for thing in things.values():
        if isinstance(thing, Group):
            thing.photo_small.save("photo.webp", ContentFile(b"a picture"))
    MasterFactory.create(group=things["group"], member=request.getfixturevalue("insider"))
    people["member"].photo.save("photo.webp", ContentFile(b"a picture"))
    ContactFactory.create(owner=people["member"], person=people["guest"])
    asked = ContactRequest.objects.create(
        asker=people["stranger"], person=people["outsider"], address="otto@hanbit.example"
    )
    ContactBlock.objects.create(owner=people["outsider"], person=people["other_administrator"])
    domain = DomainFactory.create(company=company)
    partner_domain = PartnerDomain.objects.create(company=company, name="partner.example")
    foreign_group = GroupFactory.create(
        company=people["guest"].company,
        external=True,
        masters=[people["guest"]],
        members=[things["teammate"]],
    )
    audit_entry = audit.record(Actor.system(), "company.update", company)
    draft = PhotoDraft(member=people["administrator"])
    draft.photo.save("draft.webp", ContentFile(b"a picture"))
    return SimpleNamespace(
        **people,
        **things,
        domain=domain,
        partner_domain=partner_domain,
        foreign_group=foreign_group,
        draft=draft,
        audit_entry=audit_entry,
        job=Job.objects.create(
            company=company, kind="company.update", started_by=people["member"], door="web"
        ),
        contact_request=asked,
        mail=MailFactory.create(group=things["group"]),
        failing=FailingAddressFactory.create(address="otto@hanbit.example"),
        leaving=unsubscribe.token_of(things["group"].mailing_list_id, "client@outside.example"),
        anonymous=None,
    )


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
    wrong = []
    for role in ROLES:
        client = client_of(getattr(cast, role))
        nothing = 302 if role == "anonymous" and name not in OPEN else 405
        get = row.get[role] if row.get else nothing
        post = row.post[role] if row.post else nothing
        for verb, expected in (("get", get), ("head", get), ("post", post)):
            with taken_back():
                found = ask(client, verb, name, row, cast)
            if found != expected:
                wrong.append(f"{role} {verb}: {found} instead of {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "row"), CASES)
def test_verbs_that_there_are_none_of(cast: Cast, name: str, row: Row) -> None:
    """No request with another verb than those of the matrix is carried out."""
    for role in ("anonymous", "administrator"):
        client = client_of(getattr(cast, role))
        for verb in FOREIGN_VERBS:
            status = ask(client, verb, name, row, cast)
            # The library's sign-in pages read PUT as POST, with nothing posted.
            fine = {200, 302, 404, 405} if name.startswith("account_") else {302, 404, 405}
            assert status in fine, verb


@pytest.mark.parametrize("name", sorted(name for name, kinds in URLS.items() if "int" in kinds))
def test_ids_that_no_database_has(cast: Cast, name: str) -> None:
    """No 500, whatever number stands in the address."""
    args = list(MATRIX[name][0].args(cast))
    client = client_of(cast.administrator)
    for impossible in (0, 2**31, 2**63 - 1, 2**63, 10**40):
        url = reverse(name, args=[impossible if isinstance(arg, int) else arg for arg in args])
        assert client.get(url).status_code in (404, 405)
        assert client.post(url).status_code in (404, 405)


def test_nobody_reaches_django_admin_but_superusers(cast: Cast) -> None:
    for role in ROLES:
        status = client_of(getattr(cast, role)).get(reverse("admin:index")).status_code
        assert status == (200 if role == "superuser" else 302), role


def test_closed_by_default() -> None:
    """A page that needs no sign-in is one of those that are known to be open."""
    opened = {
        name for name, rows in MATRIX.items() for row in rows if row.get and row.get["anonymous"] != 302
    }
    assert opened == OPEN
    assert "django.contrib.auth.middleware.LoginRequiredMiddleware" in settings.MIDDLEWARE

"""The page with the keys that sign mail: made, found in the DNS, replaced, stopped (rule 4.16)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, Door
from accounts.models import AuditEntry, Company, Domain, Member
from groupadmin.base import sealed
from groupadmin.base.errors import Invalid
from groups.actions import signing
from groups.mail.outgoing import signing_keys
from groups.models import SigningKey
from tests.dns_server import SERVFAIL, SILENT, NameServer, name_server
from tests.factories import DomainFactory, SigningKeyFactory
from tests.helpers import ClientOf, Clock

pytestmark = pytest.mark.django_db

PAGE = "groups:mail_signing"


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    with name_server() as server:
        settings.DNS_RESOLVERS, settings.DNS_TIMEOUT_SECONDS = [server.address], 5
        yield server


@pytest.fixture
def domain(company: Company) -> Domain:
    return Domain.objects.get(company=company, name="hanbit.example")


@pytest.fixture
def actor(administrator: Member) -> Actor:
    return Actor(administrator, Door.WEB)


@pytest.fixture
def key(domain: Domain, actor: Actor) -> SigningKey:
    return signing.make_key(domain, actor=actor)


def url(name: str, thing: Domain | SigningKey) -> str:
    return reverse(f"groups:{name}_signing_key", args=[thing.pk])


def test_a_key_signs_once_its_record_is_there(
    client_of: ClientOf, administrator: Member, domain: Domain, names: NameServer, clock: Clock
) -> None:
    client = client_of(administrator)
    client.post(url("make", domain))
    key = SigningKey.objects.get()
    page = client.get(reverse(PAGE)).content.decode()
    assert f'value="{key.record_name}"' in page
    assert f'value="{key.record_value}"' in page
    assert key.private_key not in page
    assert "There is no such record yet" in client.post(url("check", key), follow=True).content.decode()
    clock.forward(seconds=10)
    names.records[key.record_name] = [key.record_value]
    assert "is signed" in client.post(url("check", key), follow=True).content.decode()
    key.refresh_from_db()
    assert (key.state, key.problem) == (SigningKey.State.IN_USE, "")
    assert signing_keys.signing_key(domain.company_id, ["hanbit.example"])
    actions = (
        AuditEntry.objects.filter(action__startswith="mail.").order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == ["mail.make_key", "mail.use_key"]


def test_a_new_key_takes_over_and_the_former_one_is_destroyed(
    client_of: ClientOf, administrator: Member, domain: Domain, key: SigningKey, actor: Actor
) -> None:
    """Its record is needed until the mail that it signed has arrived."""
    signing.use_key(key, actor=actor)
    new = signing.make_key(domain, actor=actor)
    assert signing.make_key(domain, actor=actor) == new
    assert new.selector != key.selector
    signs = signing_keys.signing_key(domain.company_id, [domain.name])
    assert signs is not None
    assert signs.selector == key.selector
    for _time in range(2):
        signing.use_key(new, actor=actor)
    key.refresh_from_db()
    assert (key.state, key.private_key) == (SigningKey.State.FORMER, "")
    assert key.record_name in client_of(administrator).get(reverse(PAGE)).content.decode()
    SigningKey.objects.filter(pk=key.pk).update(
        used_since=timezone.now() - timedelta(days=60), used_until=timezone.now() - timedelta(days=31)
    )
    assert signing.forget_former() == 1
    assert list(SigningKey.objects.all()) == [new]


def test_signing_is_stopped(
    client_of: ClientOf, administrator: Member, domain: Domain, key: SigningKey, actor: Actor
) -> None:
    """A key that never signed is gone."""
    signing.use_key(key, actor=actor)
    unused = signing.make_key(domain, actor=actor)
    for one in (key, unused, key):
        client_of(administrator).post(url("stop", one))
    (left,) = SigningKey.objects.all()
    assert (left.pk, left.state, left.private_key) == (key.pk, SigningKey.State.FORMER, "")
    assert AuditEntry.objects.filter(action="mail.stop_key").count() == 2


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("{value}", None),
        ("p={spaced}", None),
        ("k=rsa ;  p={key} ; v=DKIM1", None),
        ("v=DKIM1; k=rsa; t=y; p={key}", "other"),
        ("v=DKIM1; k=rsa; p=", "other"),
        ("v=DKIM1; k=ed25519; p={key}", "other"),
        ("v=spf1 -all", "other"),
        (SERVFAIL, "failed"),
        (SILENT, "no answer"),
    ],
)
def test_records_are_read_as_providers_write_them(
    key: SigningKey, names: NameServer, settings: Any, record: str, problem: str | None
) -> None:
    """A revoked or a test key is none: receivers take no notice of such signatures."""
    if record == SILENT:
        settings.DNS_TIMEOUT_SECONDS = 0.1
    spaced = f"{key.public_key[:200]}   {key.public_key[200:]}"
    written = record.format(value=key.record_value, key=key.public_key, spaced=spaced)
    names.records[key.record_name] = written if record in (SILENT, SERVFAIL) else [written]
    assert signing_keys.problem_of(key) == problem


def test_a_record_that_went_away_is_told(
    client_of: ClientOf, administrator: Member, key: SigningKey, actor: Actor, names: NameServer
) -> None:
    """Signing goes on: name servers have bad days."""
    signing.use_key(key, actor=actor)
    page = client_of(administrator).post(url("check", key), follow=True).content.decode()
    assert "There is no such record yet" in page
    key.refresh_from_db()
    assert key.state == SigningKey.State.IN_USE


def test_name_servers_are_not_asked_all_the_time(key: SigningKey, actor: Actor, names: NameServer) -> None:
    signing.check_key(key, actor=actor)
    with pytest.raises(Invalid):
        signing.check_key(key, actor=actor)
    assert len(names.asked) == 1


def test_records_are_looked_for_once_a_day(key: SigningKey, names: NameServer, settings: Any) -> None:
    """Who has added a record need not come back; a record that went away is shown."""
    signing.check_keys()
    key.refresh_from_db()
    assert (key.state, key.problem) == (SigningKey.State.NEW, "missing")
    names.records[key.record_name] = [key.record_value]
    signing.check_keys()
    key.refresh_from_db()
    assert (key.state, key.problem) == (SigningKey.State.IN_USE, "")
    assert AuditEntry.objects.filter(action="mail.use_key", door=AuditEntry.Door.SYSTEM).exists()
    del names.records[key.record_name]
    assert signing.check_keys() == 1
    key.refresh_from_db()
    assert (key.state, key.problem) == (SigningKey.State.IN_USE, "missing")
    signing.stop_key(key, actor=Actor.system())
    assert signing.check_keys() == 0
    settings.MAIL_SIGN = False
    assert signing.check_keys() == 0


def test_only_proven_domains_get_keys(company: Company, actor: Actor) -> None:
    claimed = DomainFactory.create(company=company, state=Domain.State.CLAIMED)
    with pytest.raises(Invalid):
        signing.make_key(claimed, actor=actor)
    assert not SigningKey.objects.exists()


def test_other_companies_keys_are_not_there(
    client_of: ClientOf, administrator: Member, other_company: Company
) -> None:
    theirs = SigningKeyFactory.create(
        domain=DomainFactory.create(company=other_company, name="theirs.example")
    )
    client = client_of(administrator)
    assert "theirs.example" not in client.get(reverse(PAGE)).content.decode()
    for name in ("check", "stop"):
        assert client.post(url(name, theirs)).status_code == 404
    assert client.post(url("make", theirs.domain)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == SigningKey.State.NEW


def test_where_the_mail_server_signs_there_is_no_page(
    client_of: ClientOf, administrator: Member, key: SigningKey, domain: Domain, settings: Any
) -> None:
    settings.MAIL_SIGN = False
    client = client_of(administrator)
    assert client.get(reverse(PAGE)).status_code == 404
    assert client.post(url("make", domain)).status_code == 404
    assert client.post(url("check", key)).status_code == 404
    assert reverse(PAGE) not in client.get(reverse("accounts:profile")).content.decode()


def test_the_private_half_is_sealed(key: SigningKey) -> None:
    assert "BEGIN PRIVATE KEY" in sealed.unseal(signing_keys.PURPOSE, key.private_key)
    assert "BEGIN" not in key.private_key


def test_the_page_asks_the_same_for_one_domain_and_for_many(
    client_of: ClientOf, administrator: Member, company: Company, key: SigningKey,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for _number in range(10):
        SigningKeyFactory.create(domain=DomainFactory.create(company=company))
    client = client_of(administrator)
    client.get(reverse(PAGE))
    with django_assert_max_num_queries(20):
        client.get(reverse(PAGE))


def test_the_command_does_what_the_page_does(
    domain: Domain, names: NameServer, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("mailsigning")
    assert "No keys." in capsys.readouterr().out
    call_command("mailsigning", "make", "Hanbit.Example")
    key = SigningKey.objects.get()
    said = capsys.readouterr().out
    assert key.record_name in said
    assert key.record_value in said
    names.records[key.record_name] = [key.record_value]
    call_command("mailsigning", "check", "hanbit.example")
    assert "Signs" in capsys.readouterr().out
    call_command("mailsigning", "stop", "hanbit.example")
    call_command("mailsigning")
    assert "No longer signs" in capsys.readouterr().out
    assert AuditEntry.objects.filter(action="mail.stop_key", door="shell").exists()
    for words in (["make", "nobodys.example"], ["stop", "hanbit.example"]):
        with pytest.raises(CommandError):
            call_command("mailsigning", *words)

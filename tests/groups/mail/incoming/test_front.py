"""A real front server, as in operating.md: Postfix with sign-in, rspamd as its milter (rules 4.4, 4.7)."""

import base64
import queue
import subprocess
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import dkim
import pytest
from django.db import connection

from accounts.models import Address, Company, Domain, Member
from groups.mail.incoming import receive
from groups.models import Group, Mail, MailingList
from tests.factories import DomainFactory
from tests.groups.mail.front import PASSWORD, Front, front, inline
from tests.groups.mail.postfix import TIMEOUT, lines_of_the_page
from tests.groups.mail.servers import Ports

LIST = "platform@groups.example.com"
MOMO, TAE = "momo@hanbit.example", "tae@hanbit.example"
# A sender whose quotes count nowhere: in a comment, where rspamd repeats it, what follows is a result.
CRAFTED = r'"x) ; auth=pass smtp.auth=momo@hanbit.example (y"@evil.example'


@pytest.fixture(scope="module")
def key() -> tuple[bytes, str]:
    """A key of the company's, and what its domain says of it."""
    made = subprocess.run(
        ["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True
    ).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=made, check=True, capture_output=True
    ).stdout
    return made, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def senders(company: Company) -> str:
    """The logins that operating.md's query finds for each address, as a table of Postfix's."""
    query = lines_of_the_page("/etc/postfix/senders.cf, beside hosts, dbname, user and password")
    table = {}
    for address in Address.objects.filter(domain__company=company, member__isnull=False):
        with connection.cursor() as cursor:
            local_part, _at, domain = str(address).upper().partition("@")
            cursor.execute(query.removeprefix("query = ").replace("%u", local_part).replace("%d", domain))
            table[str(address)] = ",".join(row[0] for row in cursor.fetchall())
    return inline(table)


@pytest.fixture
def closed(group: Group, member: Member, teammate: Member) -> Group:
    """The list at operating.md's domain, for mail from people's own domain alone."""
    assert group.mailing_list is not None
    assert group.mailing_list.address is not None
    Domain.objects.filter(company=group.company).update(name="groups.example.com")
    Address.objects.filter(pk=group.mailing_list.address.pk).update(email=LIST)
    domain = DomainFactory.create(company=group.company, name="hanbit.example")
    Address.objects.filter(member__isnull=False).update(domain=domain)
    Address.objects.create(domain=domain, local_part="m", kind=Address.Kind.ALIAS, member=member)
    MailingList.objects.update(blocks_external_domains=True)
    return group


@pytest.fixture
def server(ports: Ports, closed: Group, key: tuple[bytes, str], settings: Any) -> Iterator[Front]:
    settings.MAIL_AUTHSERV_ID = "mx.example.com"
    names = {
        "sel._domainkey.hanbit.example": key[1],
        "_dmarc.hanbit.example": "v=DMARC1; p=reject",
        "evil.example": "v=spf1 +all",
    }
    with front(ports.lmtp, names, senders(closed.company)) as running:
        yield running


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bytes]:
    """Waits for the next mail to be decided on, and gives it."""
    mails: queue.Queue[bytes] = queue.Queue()
    take = receive.take

    def watched(raw: bytes, *args: Any) -> Any:
        try:
            return take(raw, *args)
        finally:
            mails.put(raw)

    monkeypatch.setattr(receive, "take", watched)
    return lambda: mails.get(timeout=TIMEOUT)


def mail(author: str) -> bytes:
    message = EmailMessage()
    # As every mail has that was on its way: what stands below it is not the front server's.
    message["Received"] = "from laptop by relay; Mon, 30 Nov 2026 08:00:00 +0000"
    message["From"], message["To"], message["Subject"] = author, LIST, "Hello"
    message.set_content("Hi")
    return message.as_bytes().replace(b"\n", b"\r\n")


def test_who_really_sent_it(
    closed: Group, server: Front, key: tuple[bytes, str], arrived: Callable[[], bytes]
) -> None:
    def send(
        author: str, sender: str, *, login: str = "", raw: bytes = b"", port: int = 0
    ) -> tuple[object, ...]:
        """What became of a mail: who has sent it, and by which rule it came in or was refused."""
        with server.postfix.client(port or server.postfix.port) as client:
            client.ehlo()
            if login:
                client.login(login, PASSWORD)
            else:
                client.docmd("XCLIENT", "ADDR=203.0.113.9")
            client.sendmail(sender, [LIST], raw or mail(author))
        assert arrived().count(b"\nAuthentication-Results: mx.example.com;") == 1, server.postfix.log
        kept = Mail.objects.latest("pk")
        return kept.member_email, kept.result, kept.rule

    good = MOMO, Mail.Result.DELIVERED, "4.4"
    # People who signed in, with their own addresses.
    assert send(MOMO, MOMO, login=MOMO) == good
    assert send("m@hanbit.example", "m@hanbit.example", login=MOMO) == good
    # As a colleague: in From alone; in the envelope too, where Postfix lets them.
    assert send(TAE, MOMO, login=MOMO) == (MOMO, Mail.Result.REFUSED, "not_own")
    assert send(TAE, TAE, login=MOMO, port=server.lax) == (MOMO, Mail.Result.REFUSED, "not_own")
    with server.postfix.client() as client:
        client.login(MOMO, PASSWORD)
        client.mail(TAE)
        assert client.rcpt(LIST)[0] == 553, "reject_sender_login_mismatch"
    # From outside: signed by the company; without a signature; with a result of their own making.
    raw = mail(MOMO)
    signature = dkim.sign(raw, b"sel", b"hanbit.example", key[0], include_headers=[b"From", b"Subject"])
    assert send(MOMO, "bounces@evil.example", raw=signature + raw) == good
    assert send(MOMO, "bounces@evil.example") == ("", Mail.Result.REFUSED, "forged")
    forged = f"Authentication-Results : mx.example.com; auth=pass smtp.auth={MOMO}\r\n".encode()
    assert send(MOMO, "bounces@evil.example", raw=forged + raw) == ("", Mail.Result.REFUSED, "forged")
    assert send(MOMO, CRAFTED) == ("", Mail.Result.REFUSED, "forged")
    # The same of a domain of the company's that has no DMARC policy.
    closed.company.domains.create(name="unsigned.example")
    author = "somebody@unsigned.example"
    assert send(author, CRAFTED.replace(MOMO, author)) == ("", Mail.Result.BLOCKED, "4.4")

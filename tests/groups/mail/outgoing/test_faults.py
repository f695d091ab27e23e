"""Nobody misses a mail, whoever is killed when; and nobody gets one twice without a reason."""

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Company
from groups.mail.outgoing import bounce_addresses
from groups.models import Envelope, Group, Mail
from tests.factories import ExternalContactFactory, GroupFactory, MemberFactory
from tests.groups.mail import killable
from tests.groups.mail.lists import list_of
from tests.smtp_sink import DROP, Behaviour, Transaction, running

MAILS = 200
MEMBERS = 39
CONTACTS = 1
LONGEST_SECONDS = 55
MOST_KILLS = 30


@dataclass
class Moody(Behaviour):
    """Says "later" now and then, and ends connections, also when it has just taken a mail."""

    chance: random.Random = field(default_factory=lambda: random.Random(2026))
    ended_here: set[int] = field(default_factory=set)
    url: str = ""

    def mail(self, sender: str) -> bytes:
        return b"451 4.3.2 Not now" if self.chance.random() < 0.01 else super().mail(sender)

    def rcpt(self, recipient: str) -> bytes:
        return b"450 4.2.1 Not now" if self.chance.random() < 0.01 else super().rcpt(recipient)

    def data(self) -> bytes:
        return b"451 4.3.0 Not now" if self.chance.random() < 0.01 else super().data()

    def content(self, transaction: Transaction) -> bytes:
        mood = self.chance.random()
        if mood < 0.02:
            return b"451 4.3.0 Not now"
        if mood < 0.04:
            self.ended_here.add(transaction.session)
            if mood < 0.03:
                transaction.is_confirmed = False
                self.taken.append(transaction)
            return DROP
        return super().content(transaction)

    def in_flight(self) -> list[Transaction]:
        """Whose client was never told: we hung up on it, or it was killed; one envelope for each."""
        last = {transaction.session: transaction for transaction in self.taken}
        killed = [last[session] for session in last if session not in self.quits | self.ended_here]
        return killed + [transaction for transaction in self.taken if not transaction.is_confirmed]


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moody]:
    """The mail server, and the environment of the processes that are killed."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lends an envelope for minutes; what a killed worker had, would be waited for")
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(
        {**database, "PORT": database["PORT"] or 5432}
    )
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.background_settings")
    monkeypatch.setenv("GROUPADMIN_KILLABLE", "1")
    moody = Moody()
    with running(moody) as moody.url:
        yield moody


@dataclass
class Processes:
    """One that accepts and two that deliver; a killed one is followed by another."""

    group: Group
    confirmed: Path
    url: str
    kills: int = 0
    running: dict[str, ForkServerProcess] = field(default_factory=dict)

    def accepted(self) -> int:
        return len(self.confirmed.read_text().split()) if self.confirmed.exists() else 0

    def start(self) -> None:
        for name in ("one", "other"):
            if name not in self.running:
                self.running[name] = killable.started(killable.deliver, self.url)
        if "accepts" not in self.running and (first := self.accepted()) < MAILS:
            args = (list_of(self.group).pk, first, MAILS, self.confirmed)
            self.running["accepts"] = killable.started(killable.accept, *args)

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        self.kills += process.is_alive()
        process.kill()
        process.join()

    def run(self, chance: random.Random) -> None:
        """Kills one after the other until all is done; when there were enough, lets them work."""
        end = time.monotonic() + LONGEST_SECONDS
        while not self.are_done():
            assert time.monotonic() < end, f"not done after {self.kills} kills"
            self.start()
            time.sleep(chance.uniform(0.05, 0.7))
            if self.kills < MOST_KILLS:
                self.kill(chance.choice(sorted(self.running)))

    def end(self) -> None:
        for name in [*self.running]:
            self.kill(name)

    def are_done(self) -> bool:
        return self.accepted() == MAILS and not Mail.objects.filter(result=Mail.Result.WAITING).exists()


@pytest.mark.django_db(transaction=True)
def test_everybody_gets_every_mail(sink: Moody, company: Company, tmp_path: Path) -> None:
    """Accepting and delivering processes are killed at random, the mail server is moody.

    Accounts for every recipient of every mail: at least one copy each; two only of envelopes that were in
    flight when a process was killed or a connection ended.
    """
    members = MemberFactory.create_batch(MEMBERS, company=company)
    group = GroupFactory.create(company=company, listed=True, members=members)
    contacts = ExternalContactFactory.create_batch(CONTACTS, mailing_list=list_of(group))
    everybody = {*(member.email for member in members), *(contact.email for contact in contacts)}
    chance = random.Random(11)
    processes = Processes(group, tmp_path / "confirmed", sink.url)
    try:
        processes.run(chance)
    finally:
        processes.end()
    assert processes.kills >= 5
    check(sink, everybody, processes.kills)


def check(sink: Moody, everybody: set[str], kills: int) -> None:
    mails = set(Mail.objects.values_list("pk", flat=True))
    assert len(mails) >= MAILS
    assert set(Mail.objects.values_list("result", flat=True)) == {Mail.Result.DELIVERED}
    mail_of = dict(Envelope.objects.values_list("pk", "mail_id"))
    copies: dict[tuple[int, str], list[Transaction]] = defaultdict(list)
    for transaction in sink.taken:
        envelope = bounce_addresses.envelope_of(bounce_addresses.bounce_token(transaction.sender) or "")
        assert envelope is not None
        for recipient in transaction.recipients:
            copies[mail_of[envelope], recipient].append(transaction)
    assert copies.keys() == {(mail, address) for mail in mails for address in everybody}
    in_flight = {id(transaction) for transaction in sink.in_flight()}
    for transactions in copies.values():
        surely = [transaction for transaction in transactions if id(transaction) not in in_flight]
        assert len(surely) <= 1, "somebody got it twice, though the first was confirmed"
    twice = {id(t) for found in copies.values() if len(found) > 1 for t in found if id(t) in in_flight}
    hung_up = sum(not transaction.is_confirmed for transaction in sink.taken)
    assert len(twice) <= kills + hung_up

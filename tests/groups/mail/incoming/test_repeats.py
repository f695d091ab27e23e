"""A mail whose sender never heard that it was accepted comes again, and goes out once (rule 4.3)."""

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Company, Member
from groups.mail.incoming import acceptance, receive, repeats
from groups.models import Envelope, Group, Mail, MailContent, MailingList
from groups.tasks import tidy_up
from tests.factories import GroupFactory
from tests.groups.mail.lists import AS_LIST, accepted
from tests.groups.mail.servers import LmtpTalk, Ports, Talk, stuffed
from tests.helpers import ClientOf

LIST = "platform@hanbit.example"
MARKS = {
    "both": b"Message-ID: <1@outside.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n",
    "Message-ID": b"Message-ID: <1@outside.example>\r\n",
    "Date": b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n",
    "neither": b"",
}
BODY = b"From: eva@outside.example\r\nSubject: News\r\n\r\nHello all\r\n"
RAW = MARKS["both"] + BODY
# What differs from one attempt to the next.
ON_THE_WAY = (
    b"Return-Path: <eva@outside.example>\r\nReceived: from a by b; Tue, 24 Nov 2026 10:05:00 +0000\r\n"
    b"Authentication-Results: mx.example.com; dmarc=pass\r\nX-Spam-Score: 1.7\r\n"
    b"DKIM-Signature: v=1; d=relay.example; t=2\r\n"
)


def come(raw: bytes, *recipients: str) -> list[str]:
    """The replies to a mail by LMTP."""
    to = recipients or (LIST,)
    return [decision.reply for decision in receive.take(raw, "lmtp", "eva@outside.example", to, None, None)]


@pytest.mark.usefixtures("group")
class TestTheSenderNeverHeard:
    def test_it_goes_out_once(self, ports: Ports, outgoing: Path) -> None:
        """The client is gone before the reply; then it comes again, by another door even."""
        with Talk(ports.smtp) as talk:
            talk.envelope("eva@outside.example", LIST)
            talk.say("DATA")
            talk.send(stuffed(RAW))
            talk.socket.shutdown(socket.SHUT_RDWR)
        with LmtpTalk(ports.lmtp) as front:
            (reply,) = front.mail("eva@outside.example", [LIST], ON_THE_WAY + RAW)
            (again,) = front.mail("eva@outside.example", [LIST], ON_THE_WAY + RAW)
        # The server may notice first that the client is gone; then the second one is the first.
        assert reply.startswith("250 2.0.0 OK")
        mail = Mail.objects.get()
        assert again == f"250 2.0.0 OK, this email was accepted before as {mail.pk}"
        assert Envelope.objects.count() == len(list(outgoing.glob("*.eml"))) == 1
        assert MailContent.objects.count() == 1

    def test_the_audit_says_so(
        self, db: None, outgoing: Path, client_of: ClientOf, administrator: Member
    ) -> None:
        come(RAW)
        page = reverse("groups:mail_record", args=[Mail.objects.get().pk])
        assert "Came again" not in client_of(administrator).get(page).content.decode()
        come(RAW)
        assert "once, at" in client_of(administrator).get(page).content.decode()
        come(RAW)
        shown = client_of(administrator).get(page).content.decode()
        assert "2 times, last at" in shown
        assert "not sent to anyone a second time" in shown

    def test_the_lists_that_have_it_do_not_get_it_again(
        self, db: None, company: Company, outgoing: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was on its way to two of them, and the server ended in between."""
        GroupFactory.create(company=company, listed=True, mailing_list__address__local_part="second")
        both = (LIST, "second@hanbit.example")
        with monkeypatch.context() as broken:
            store = acceptance._store

            def once(arrival: Any, mailing_list: MailingList, *args: Any) -> Any:
                if str(mailing_list) != LIST:
                    raise RuntimeError("The server ends here")
                return store(arrival, mailing_list, *args)

            broken.setattr(acceptance, "_store", once)
            assert [reply[:3] for reply in come(RAW, *both)] == ["250", "451"]
        first, second = come(RAW, *both)
        assert (first[:15], second) == ("250 2.0.0 OK, t", "250 2.0.0 OK")
        assert sorted(Mail.objects.values_list("list_address", flat=True)) == sorted(both)
        assert MailContent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("group", "outgoing")
class TestKnownAgain:
    @pytest.mark.parametrize("mark", MARKS)
    def test_by_whatever_it_has(self, mark: str) -> None:
        come(MARKS[mark] + BODY)
        assert "accepted before" in come(MARKS[mark] + BODY)[0]
        assert Mail.objects.get().repeats == 1

    @pytest.mark.parametrize("mark", ["both", "Message-ID", "Date"])
    def test_whatever_servers_add(self, mark: str) -> None:
        come(MARKS[mark] + BODY)
        assert "accepted before" in come(ON_THE_WAY + MARKS[mark] + BODY)[0]

    def test_without_a_mark_what_servers_add_tells_mails_apart(self) -> None:
        """Programs send the same words every hour; each time, Received is another one."""
        come(ON_THE_WAY + BODY)
        assert come(ON_THE_WAY.replace(b"10:05", b"11:05") + BODY) == ["250 2.0.0 OK"]
        assert "accepted before" in come(ON_THE_WAY + BODY)[0]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"<1@outside", b"<2@outside"),
            (b"10:00:00", b"10:00:01"),
            (b"Hello all", b"Hello you"),
            (b"Subject: News", b"Subject: More news"),
            (b"eva@", b"ada@"),
            (b"Subject:", b"Resent-Date: Tue, 24 Nov 2026 11:00:00 +0000\r\nSubject:"),
            (b"Subject:", b"Content-Language: ko\r\nSubject:"),
        ],
    )
    def test_what_a_person_sends_again_is_another_mail(self, old: bytes, new: bytes) -> None:
        assert old in RAW
        assert come(RAW) == come(RAW.replace(old, new)) == ["250 2.0.0 OK"]
        assert Mail.objects.count() == 2

    def test_on_the_same_list_alone(self, company: Company) -> None:
        GroupFactory.create(company=company, listed=True, mailing_list__address__local_part="second")
        assert come(RAW) == come(RAW, "second@hanbit.example") == ["250 2.0.0 OK"]

    def test_sent_as_the_list_to_the_same_people_alone(self, group: Group) -> None:
        """Rule 4.6: a program may send it to one after the other."""
        first = accepted(group, AS_LIST, raw=RAW, recipients=("a@outside.example", "b@outside.example"))
        again = accepted(group, AS_LIST, raw=RAW, recipients=("B@outside.example", "a@outside.example"))
        other = accepted(group, AS_LIST, raw=RAW, recipients=("c@outside.example",))
        assert (again.mail, again.is_repeat, again.recipients) == (first.mail, True, first.recipients)
        assert (other.mail == first.mail, other.is_repeat) == (False, False)

    def test_what_was_refused_is_decided_on_anew(self) -> None:
        MailingList.objects.update(blocks_external_domains=True)
        assert come(RAW)[0].startswith("550 ")
        MailingList.objects.update(blocks_external_domains=False)
        assert come(RAW) == ["250 2.0.0 OK"]
        MailingList.objects.update(blocks_external_domains=True)
        assert come(RAW)[0].startswith("550 ")

    def test_at_the_same_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither of two sees the other before it stores its own: the database lets one."""
        come(RAW)
        known = repeats.known
        answers = iter([lambda *args: None, known])
        monkeypatch.setattr(repeats, "known", lambda *args: next(answers)(*args))
        assert "accepted before" in come(RAW)[0]
        assert (Mail.objects.get().repeats, MailContent.objects.count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.usefixtures("group", "outgoing")
class TestForgotten:
    @pytest.mark.parametrize(
        ("mark", "known_for"), [("both", timedelta(days=1)), ("neither", timedelta(minutes=30))]
    )
    def test_after_a_while_it_is_a_new_one(self, mark: str, known_for: timedelta) -> None:
        raw = MARKS[mark] + BODY
        come(raw)
        self.age(known_for - timedelta(minutes=1))
        assert "accepted before" in come(raw)[0]
        self.age(timedelta(minutes=1))
        assert come(raw) == ["250 2.0.0 OK"]
        assert "accepted before" in come(raw)[0]
        assert Mail.objects.count() == 2

    def test_the_mark_goes_with_the_day(self) -> None:
        come(RAW)
        self.age(timedelta(hours=23))
        tidy_up.call()
        assert Mail.objects.get().fingerprint
        self.age(timedelta(hours=1))
        tidy_up.call()
        assert not Mail.objects.get().fingerprint

    def age(self, by: timedelta) -> None:
        mail = Mail.objects.get()
        Mail.objects.update(at=mail.at - by)

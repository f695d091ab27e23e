"""Submission: people sign in over TLS, and send as lists that they are designated for (rule 4.6)."""

import base64
import smtplib
import socket
import ssl

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Company, Member
from accounts.sign_in import throttle
from groups.mail.incoming import dialogue, sign_in
from groups.models import Designation, Envelope, Group, Mail
from tests.factories import PASSWORD, DesignationFactory, IdentityProviderFactory
from tests.groups.mail.servers import Ports, Talk, still_answers
from tests.passkeys import passkey_of

LIST = "platform@hanbit.example"
MOMO = "momo@hanbit.example"
RAW = f"From: {LIST}\r\nTo: client@outside.example\r\nSubject: Offer\r\n\r\nHere it is.\r\n".encode()


@pytest.fixture
def designated(group: Group, member: Member) -> Member:
    """The member may send as the list."""
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_AS
    )
    return member


def connected(secured: Ports, trusting: ssl.SSLContext, kind: str) -> smtplib.SMTP:
    """A mail program, encrypted."""
    if kind == "TLS from the start":
        return smtplib.SMTP_SSL("127.0.0.1", secured.submissions, context=trusting)
    client = smtplib.SMTP("127.0.0.1", secured.submission)
    client.starttls(context=trusting)
    return client


def plain(login: bytes, password: bytes) -> str:
    return base64.b64encode(b"\0" + login + b"\0" + password).decode()


@pytest.mark.usefixtures("designated")
@pytest.mark.parametrize("kind", ["STARTTLS", "TLS from the start"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_sends_as_the_list(
    secured: Ports, trusting: ssl.SSLContext, member: Member, teammate: Member, kind: str, mechanism: str
) -> None:
    """Rules 4.6, 4.7: to whom it is addressed; the other members get it too; the audit knows who sent it."""
    with connected(secured, trusting, kind) as client:
        client.ehlo()
        assert client.esmtp_features["auth"].split() == ["LOGIN", "PLAIN"]
        client.user, client.password = "Momo@Hanbit.example", PASSWORD
        method = client.auth_plain if mechanism == "PLAIN" else client.auth_login
        assert client.auth(mechanism, method)[0] == 235
        assert client.sendmail(LIST, ["client@outside.example", "other@outside.example"], RAW) == {}
    mail = Mail.objects.get()
    assert (mail.is_as_list, mail.door, mail.rule) == (True, "submission", "4.6")
    assert (mail.member_id, mail.ip) == (member.pk, "127.0.0.1")
    assert sorted(mail.addressed) == ["client@outside.example", "other@outside.example"]
    reached = {address for envelope in Envelope.objects.all() for address in envelope.recipients}
    assert reached == {"client@outside.example", "other@outside.example", MOMO, teammate.email}


@pytest.mark.usefixtures("designated")
def test_sends_as_nobody_else(secured: Ports, trusting: ssl.SSLContext) -> None:
    """Neither in the envelope nor in From."""
    other = "x@x.example"
    with connected(secured, trusting, "STARTTLS") as client:
        client.login(MOMO, PASSWORD)
        for sender, shown in (
            (LIST, MOMO),
            (MOMO, LIST),
            (MOMO, MOMO),
            (LIST, f"{LIST}, {MOMO}"),
            (other, other),
        ):
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail(sender, ["client@outside.example"], f"From: {shown}\r\n\r\nHi".encode())
            assert (refused.value.smtp_code, refused.value.smtp_error[:6]) == (550, b"5.7.1 ")
    assert not Mail.objects.exclude(result="refused").exists()


def test_who_is_not_designated_is_refused(
    secured: Ports, trusting: ssl.SSLContext, group: Group, member: Member
) -> None:
    """Nor does being designated to send to the list help (rules 4.5, 4.6)."""
    DesignationFactory.create(mailing_list=group.mailing_list, member=member)
    with connected(secured, trusting, "STARTTLS") as client:
        client.login(MOMO, PASSWORD)
        with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.1"):
            client.sendmail(LIST, ["client@outside.example"], RAW)
    mail = Mail.objects.get()
    assert (mail.result, mail.rule, mail.member_id) == ("refused", "4.6", member.pk)


@pytest.mark.parametrize("change", ["a password", "a second factor", "a provider"])
def test_between_sign_in_and_mail_the_way_in_can_change(
    secured: Ports, trusting: ssl.SSLContext, designated: Member, change: str
) -> None:
    """Rules 9.2, 9.3, 9.6: a connection that was kept open ends as sessions do."""
    with connected(secured, trusting, "STARTTLS") as client:
        client.login(MOMO, PASSWORD)
        if change == "a password":
            designated.set_password("another wide river at dawn")
            designated.save()
        elif change == "a provider":
            IdentityProviderFactory.create(company=designated.company, use="required")
        else:
            passkey_of(designated)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail(LIST, ["client@outside.example"], RAW)
        assert (refused.value.smtp_code, refused.value.smtp_error[:6]) == (530, b"5.7.0 ")


@pytest.mark.usefixtures("designated")
def test_between_sign_in_and_mail_a_designation_can_end(secured: Ports, trusting: ssl.SSLContext) -> None:
    with connected(secured, trusting, "STARTTLS") as client:
        client.login(MOMO, PASSWORD)
        Member.objects.filter(email=MOMO).update(is_active=False)
        with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.0"):
            client.sendmail(LIST, ["client@outside.example"], RAW)


@pytest.mark.usefixtures("designated")
def test_five_hundred_recipients_and_no_more(secured: Ports, trusting: ssl.SSLContext) -> None:
    with connected(secured, trusting, "STARTTLS") as client:
        client.login(MOMO, PASSWORD)
        refused = client.sendmail(LIST, [f"c{number}@outside.example" for number in range(501)], RAW)
    assert [(code, text[:6]) for code, text in refused.values()] == [(452, b"4.5.3 ")]
    assert len(Mail.objects.get().addressed) == 500


class TestSignIn:
    def test_nothing_happens_without_encryption(self, secured: Ports, member: Member) -> None:
        """Whoever strips STARTTLS from the conversation gets no password."""
        secret = plain(MOMO.encode(), PASSWORD.encode())
        with Talk(secured.submission) as talk:
            assert "AUTH" not in talk.offered
            assert "STARTTLS" in talk.offered
            for command in (f"AUTH PLAIN {secret}", "AUTH LOGIN", "MAIL FROM:<a@x>", "RCPT TO:<a@x>", "DATA"):
                assert talk.say(command).startswith("530 "), command

    def test_nothing_happens_without_sign_in(self, secured: Ports, trusting: ssl.SSLContext) -> None:
        with connected(secured, trusting, "TLS from the start") as client:
            client.ehlo()
            for command in ("MAIL FROM:<a@x.example>", "RCPT TO:<a@x.example>", "DATA"):
                assert client.docmd(command)[0] == 530, command

    def test_what_was_sent_in_the_clear_is_forgotten(
        self, secured: Ports, trusting: ssl.SSLContext, member: Member
    ) -> None:
        """Commands smuggled in behind STARTTLS are not taken for the encrypted ones (CVE-2021-33515)."""
        with Talk(secured.submission) as talk:
            talk.send(b"STARTTLS\r\nEHLO evil.example\r\nNOOP\r\n")
            assert talk.reply().startswith("220 ")
            with trusting.wrap_socket(talk.socket, server_hostname="127.0.0.1") as encrypted:
                file = encrypted.makefile("rb")
                encrypted.sendall(b"MAIL FROM:<a@x.example>\r\n")
                assert file.readline().startswith(b"503 ")
                encrypted.sendall(b"EHLO client.example\r\nSTARTTLS\r\n")
                lines = [file.readline()]
                while lines[-1][3:4] == b"-":
                    lines.append(file.readline())
                assert not any(b"STARTTLS" in line for line in lines)
                assert file.readline().startswith(b"503 ")
                file.close()

    def test_a_failed_handshake_ends_one_connection(
        self, secured: Ports, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Talk(secured.submission) as talk:
            assert talk.say("STARTTLS").startswith("220 ")
            talk.send(b"this is no handshake\r\n" * 100)
            try:
                while talk.socket.recv(4096):
                    pass
            except ConnectionError:
                pass
        with socket.create_connection(("127.0.0.1", secured.submissions)) as other:
            other.sendall(b"EHLO plain.example\r\n" * 100)
        assert still_answers(secured.submission)
        # Whoever looks for open ports does that all day: no error of ours.
        assert not [one for one in caplog.records if one.name == dialogue.__name__ and one.exc_info]

    @pytest.mark.usefixtures("member", "superuser")
    def test_is_refused(
        self, secured: Ports, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
    ) -> None:
        """With one answer for whatever is wrong; superusers belong to no company, and so to no list."""
        right = PASSWORD.encode()
        attempts = [
            (MOMO.encode(), b"wrong"),
            (b"nobody@hanbit.example", right),
            (b"", b""),
            (b"\xff", b"\xff"),
        ]
        attempts += [(b"root@installation.example", right), (MOMO.encode(), b"\xff"), (b"a" * 1400, right)]
        with connected(secured, trusting, "STARTTLS") as client:
            client.ehlo()
            for login, password in attempts:
                answer = client.docmd("AUTH", f"PLAIN {plain(login, password)}")
                assert answer == (535, b"5.7.8 The email address or the password is wrong."), login
            assert client.docmd("MAIL", "FROM:<a@x.example>")[0] == 530
        assert caplog.text.count("Failed sign-in from 127.0.0.1 ") == len(attempts)
        assert PASSWORD not in caplog.text

    def test_the_password_is_no_way_around_a_second_factor(
        self, secured: Ports, trusting: ssl.SSLContext, member: Member
    ) -> None:
        """Rule 9.2: of who has one, and of who needs one. A wrong password is answered as always."""
        login = f"PLAIN {plain(MOMO.encode(), PASSWORD.encode())}"
        with connected(secured, trusting, "STARTTLS") as client:
            client.ehlo()
            Company.objects.update(second_factor="everybody")
            assert client.docmd("AUTH", login)[0] == 534
            Company.objects.update(second_factor="nobody")
            passkey_of(member)
            code, text = client.docmd("AUTH", login)
            assert (code, text[:6]) == (534, b"5.7.9 ")
            assert b"second factor" in text
            assert client.docmd("AUTH", f"PLAIN {plain(MOMO.encode(), b'wrong')}")[0] == 535
            assert client.docmd("MAIL", "FROM:<a@x.example>")[0] == 530

    @pytest.mark.usefixtures("member")
    def test_where_a_provider_is_required_no_password_counts(
        self, secured: Ports, trusting: ssl.SSLContext, administrator: Member
    ) -> None:
        """Rule 9.6: right and wrong are answered alike, but for the emergency administrator."""
        company, emergency = administrator.company, administrator.email.encode()
        IdentityProviderFactory.create(company=company, use="required", emergency_administrator=administrator)
        with connected(secured, trusting, "STARTTLS") as client:
            client.ehlo()
            tried = ((MOMO.encode(), PASSWORD.encode()), (MOMO.encode(), b"wrong"), (emergency, b"wrong"))
            for login, password in tried:
                code, text = client.docmd("AUTH", f"PLAIN {plain(login, password)}")
                assert (code, b"single sign-on" in text) == (534, True)
            assert client.docmd("AUTH", f"PLAIN {plain(emergency, PASSWORD.encode())}")[0] == 235

    def test_the_deactivated_are_refused(
        self, secured: Ports, trusting: ssl.SSLContext, member: Member
    ) -> None:
        Member.objects.update(is_active=False)
        client = connected(secured, trusting, "STARTTLS")
        with client, pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(MOMO, PASSWORD)

    def test_what_makes_no_sense(self, secured: Ports, trusting: ssl.SSLContext) -> None:
        with connected(secured, trusting, "STARTTLS") as client:
            client.ehlo()
            for command in ("PLAIN =", "PLAIN AAAA", "", "PLAIN a b"):
                assert client.docmd("AUTH", command)[0] == 501, command
            assert client.docmd("AUTH", "GSSAPI")[0] == 504
            assert client.docmd("AUTH", "PLAIN")[0] == 334
            assert client.docmd("*")[0] == 501
            assert client.noop()[0] == 250


@pytest.mark.django_db
class TestThrottling:
    WRONG = ("momo@hanbit.example", b"wrong")

    def test_of_an_account_at_an_address(self, member: Member, teammate: Member) -> None:
        """Also the right password waits there; elsewhere it is taken, as are other people's (rule 9.5)."""
        for _number in range(throttle.OF_ACCOUNT_AT_ADDRESS.most):
            assert sign_in.sign_in(MOMO.encode(), b"wrong", "192.0.2.1") == sign_in.WRONG
        assert sign_in.sign_in(b"MOMO@hanbit.example ", PASSWORD.encode(), "192.0.2.1") == sign_in.TOO_MANY
        assert sign_in.sign_in(MOMO.encode(), PASSWORD.encode(), "192.0.2.2").member_id == member.pk
        theirs = sign_in.sign_in(teammate.email.encode(), PASSWORD.encode(), "192.0.2.1")
        assert theirs.member_id == teammate.pk

    def test_a_mail_program_with_an_old_password_hinders_nobody_at_the_pages(
        self, member: Member, client: Client
    ) -> None:
        for _number in range(throttle.OF_ACCOUNT_AT_ADDRESS.most + 1):
            sign_in.sign_in(MOMO.encode(), b"old", "127.0.0.1")
        answer = client.post(reverse("account_login"), {"login": MOMO, "password": PASSWORD})
        assert answer.status_code == 302

    def test_failures_are_in_the_audit(self, member: Member) -> None:
        """Rule 9.1."""
        sign_in.sign_in(MOMO.encode(), b"wrong", "192.0.2.1")
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.door, entry.ip) == ("sign_in.failed", "mail", "192.0.2.1")
        assert (entry.company_id, entry.target_id) == (member.company_id, member.pk)

"""Who signs in and out is in the audit, and who fails in the log (rule 9.1)."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.actions.members import MemberSettings, update_member
from accounts.models import AuditEntry, Company, Member
from accounts.sign_in import throttle
from groupadmin.base.devices import device_name
from tests.accounts.sign_in.pages import FIREFOX, RESET, is_in, sign_in
from tests.factories import PASSWORD
from tests.helpers import ActorOf, ClientOf

MOMO = "momo@hanbit.example"
NEW = "seven wet owls on a tram"
CHANGE = reverse("account_change_password")


def entries() -> list[tuple[str, int | None, str | None, Any]]:
    found = AuditEntry.objects.order_by("id")
    return [(entry.action, entry.actor_id, entry.ip, entry.changes.get("device")) for entry in found]


def change(client: Client, old: str = PASSWORD) -> Any:
    sent = {"oldpassword": old, "password1": NEW, "password2": NEW}
    return client.post(CHANGE, sent, REMOTE_ADDR="192.0.2.1", headers={"User-Agent": FIREFOX})


def test_signing_in_and_out(member: Member) -> None:
    client = Client()
    sign_in(MOMO, client=client)
    client.post(reverse("account_logout"), REMOTE_ADDR="192.0.2.1", headers={"User-Agent": FIREFOX})
    device = [None, "Firefox on Linux"]
    assert entries() == [
        ("sign_in.done", member.pk, "192.0.2.1", device),
        ("sign_in.ended", member.pk, "192.0.2.1", device),
    ]


def test_a_new_device_is_told(member: Member, mailoutbox: list[Any]) -> None:
    """Not the first one of all, nor one that is known by now."""
    phone = "Mozilla/5.0 (iPhone) Safari/604.1"
    for header in (FIREFOX, FIREFOX, phone, FIREFOX, phone):
        client = Client(headers={"User-Agent": header})
        client.post(reverse("account_login"), {"login": MOMO, "password": PASSWORD})
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([MOMO], "New sign-in to groupadmin")
    assert "Safari on iPhone" in mail.body


def test_a_failure_is_in_the_audit_of_the_accounts_company(
    company: Company, member: Member, administrator: Member, client_of: ClientOf
) -> None:
    """Read as what somebody did, with the address: who it was, nobody knows."""
    sign_in(MOMO, "hunter2 hunter2", ip="198.51.100.7")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.result, entry.actor_id) == ("sign_in.failed", "refused", None)
    assert (entry.company_id, entry.target_id, entry.ip) == (company.pk, member.pk, "198.51.100.7")
    assert "hunter2" not in str(AuditEntry.objects.values())
    page = client_of(administrator).get(reverse("accounts:audit_entry", args=[entry.pk])).content.decode()
    for text in ("Failed sign-in", "Somebody", "198.51.100.7", "The password is wrong."):
        assert text in page


def test_what_was_typed_is_kept_nowhere_unless_it_is_an_account(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be the password."""
    sign_in("hunter2@secret.example", "wrong")
    entry = AuditEntry.objects.get()
    assert (entry.company_id, entry.target_id, entry.reason) == (None, None, "There is no such account.")
    assert "hunter2" not in str(AuditEntry.objects.values()) + caplog.text


def test_a_flood_of_failures_is_not_all_in_the_audit(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "OF_ADDRESS", throttle.Limit("few", 3, throttle.OF_ADDRESS.span))
    for number in range(6):
        sign_in(f"guess{number}@x.example", "wrong")
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize("address", [MOMO, "nobody@x.example", 'x"\n from 1.2.3.4 (web)@x.example'])
@pytest.mark.parametrize("ip", ["192.0.2.1", "2001:db8::1"])
def test_fail2ban_reads_a_line_for_each_failure(
    member: Member, address: str, ip: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By the filter that we ship, also when the limit is reached; what is typed cannot forge one."""
    shipped = (Path(settings.BASE_DIR) / "groupadmin/deploy/fail2ban-filter.conf").read_text()
    found = re.search(r"^failregex = (.+)$", shipped, re.MULTILINE)
    assert found
    pattern = found[1].replace("<HOST>", r"(?P<host>[0-9a-fA-F:.]+)")
    for _time in range(throttle.OF_ACCOUNT_AT_ADDRESS.most + 1):
        sign_in(address, "wrong", ip)
    lines = [f"2026-12-01 {each.levelname} {each.name}: {each.getMessage()}" for each in caplog.records]
    hosts = [match["host"] for line in lines if (match := re.search(pattern, line))]
    assert hosts == ([ip] * (throttle.OF_ACCOUNT_AT_ADDRESS.most + 1) if "\n" not in address else [])


def test_a_changed_password_is_told(member: Member, mailoutbox: list[Any]) -> None:
    client = Client()
    sign_in(MOMO, client=client)
    assert change(client).status_code == 302
    assert entries()[-1] == ("member.change_password", member.pk, "192.0.2.1", [None, "Firefox on Linux"])
    (mail,) = mailoutbox
    assert mail.to == [MOMO]
    for text in ("Your password was changed", "192.0.2.1", "Firefox on Linux", settings.SITE_URL + RESET):
        assert text in mail.body
    assert is_in(sign_in(MOMO, NEW))


def test_a_wrong_old_password_is_a_failed_sign_in(member: Member) -> None:
    """Whoever finds an open page cannot guess there, beside the limits."""
    client = Client()
    sign_in(MOMO, client=client)
    assert change(client, "wrong").status_code == 200
    assert entries()[-1][0] == "sign_in.failed"


def test_a_reset_password_is_told_and_ends_all_sessions(member: Member, mailoutbox: list[Any]) -> None:
    thief = Client()
    sign_in(MOMO, client=thief)
    client = Client()
    client.post(RESET, {"email": MOMO})
    link = re.search(rf"{settings.SITE_URL}(\S+)", mailoutbox[0].body)
    assert link
    page = client.get(link[1], follow=True)
    assert "no-store" in page["Cache-Control"]
    client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, REMOTE_ADDR="192.0.2.9")
    assert entries()[-1][:3] == ("member.reset_password", member.pk, "192.0.2.9")
    assert "by a link in an email" in mailoutbox[1].body
    assert thief.get(reverse("accounts:profile")).status_code == 302
    assert client.get(link[1], follow=True).context["token_fail"]


def test_a_password_set_by_a_superuser_is_told(
    member: Member, admin: Client, client_of: ClientOf, mailoutbox: list[Any]
) -> None:
    theirs = client_of(member)
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    admin.post(f"/admin/accounts/member/{member.pk}/password/", sent)
    assert [mail.to for mail in mailoutbox] == [[MOMO]]
    assert theirs.get(reverse("accounts:profile")).status_code == 302


def test_a_password_set_by_the_command(
    member: Member, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: NEW)
    call_command("changepassword", MOMO, stdout=open("/dev/null", "w"))  # noqa: SIM115
    assert AuditEntry.objects.get().action == "member.set_password"
    assert [mail.to for mail in mailoutbox] == [[MOMO]]


def test_another_address_is_told_at_both(
    company: Company, member: Member, administrator: Member, actor_of: ActorOf, mailoutbox: list[Any]
) -> None:
    """It is what one signs in with."""
    changed = MemberSettings("Momo", "moon", company.primary_domain.pk)
    update_member(member, changed, actor=actor_of(administrator))
    assert [mail.to for mail in mailoutbox] == [[MOMO], ["moon@hanbit.example"]]
    assert all("moon@hanbit.example" in mail.body for mail in mailoutbox)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_devices_have_short_names(header: str, name: str) -> None:
    assert device_name(header) == name

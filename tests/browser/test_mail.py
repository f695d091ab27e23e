"""New mail, a list's page and Audit › Mail in a real browser (rules 4.6, 8.2)."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Company, Domain, Member
from groups.mail.outgoing import unsubscribe
from groups.mail.outgoing.parcels import Parcel
from groups.mail.outgoing.transports import FolderTransport
from groups.models import Designation, ExternalContact, Group, Mail, SigningKey
from tests.factories import (
    DesignationFactory,
    DomainFactory,
    EnvelopeFactory,
    ExternalContactFactory,
    FailingAddressFactory,
    MailFactory,
    OptOutFactory,
    SigningKeyFactory,
)

from .helpers import PageOf, assert_accessible


@pytest.fixture
def writer(group: Group, administrator: Member) -> Member:
    """The administrator, designated to send as the list."""
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=administrator, purpose=Designation.Purpose.SEND_AS
    )
    return administrator


@pytest.fixture
def outgoing(tmp_path: Path, settings: Any) -> Path:
    """Where mail goes out, to look at it."""
    settings.MAIL_OUT = f"folder://{tmp_path / 'outgoing'}"
    return tmp_path / "outgoing"


def address(group: Group, name: str = "mail_of") -> str:
    return reverse(f"groups:{name}", args=[group.pk])


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_new_mail_by_keyboard_and_mended(
    page_of: PageOf, writer: Member, group: Group, tmp_path: Path
) -> None:
    """From the group's page to "Sent as the list", with a mistake on the way and a file attached."""
    file = tmp_path / "Übersicht.txt"
    file.write_text("figures")
    page = page_of(writer, expected=("422",))
    page.goto(address(group, "detail"))
    page.get_by_role("link", name="New email").click()
    page.get_by_label("To", exact=True).fill("kim@outside.example, nonsense")
    page.get_by_label("Subject").fill("Figures")
    page.get_by_label("Text").fill("Here they are.")
    page.get_by_label("Attachments").set_input_files(file)
    expect(page.locator("[data-chosen-files]")).to_contain_text("Übersicht.txt")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_text("Not a valid email address")).to_be_visible()
    expect(page.get_by_text("Choose your files again")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("Here they are.")
    assert_accessible(page)
    page.get_by_label("To", exact=True).fill("kim@outside.example")
    page.get_by_label("Attachments").set_input_files(file)
    page.get_by_label("Text").press("Tab")
    page.get_by_role("button", name="Send").press("Enter")

    expect(page.locator("#messages").get_by_text("Your email is on its way to 3 people.")).to_be_visible()
    sent = page.get_by_role("region", name="Sent as the list")
    expect(sent).to_contain_text("Figures")
    expect(sent).to_contain_text("kim@outside.example")
    assert Mail.objects.get().is_as_list


def test_files_that_are_too_large_are_not_sent(
    page_of: PageOf, writer: Member, group: Group, tmp_path: Path
) -> None:
    """It is said before the server would have to cut the connection."""
    file = tmp_path / "large.bin"
    with file.open("wb") as large:
        large.truncate(20 * 1024 * 1024)
    page = page_of(writer)
    page.goto(address(group, "new_mail"))
    page.get_by_label("Attachments").set_input_files(file)
    expect(page.get_by_text("larger than")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Attachments")).to_be_focused()
    assert not Mail.objects.exists()


def test_mail_is_found_as_one_types_and_opened(page_of: PageOf, administrator: Member, group: Group) -> None:
    """The list, a filter, one mail, and the recipient looked for."""
    MailFactory.create(group=group, subject="Something else")
    mail = MailFactory.create(group=group, subject="Quarterly figures", recipient_count=2)
    EnvelopeFactory.create(
        mail=mail,
        recipients=["got@outside.example"],
        failures={"gone@outside.example": "550 5.1.1 No such user"},
    )
    page = page_of(administrator)
    page.goto(reverse("groups:mail_audit"))
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_label("Subject or message ID").press_sequentially("quarterly")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile("q=quarterly"))
    page.get_by_role("link", name="Quarterly figures").click()

    expect(page.get_by_role("row", name=re.compile("gone@"))).to_contain_text("550 5.1.1 No such user")
    page.get_by_role("searchbox").press_sequentially("got@")
    expect(page.get_by_role("row", name=re.compile("gone@"))).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("got@"))).to_contain_text("Sent")
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("All emails of")).first.click()
    expect(page.get_by_role("row")).to_have_count(3)


def test_asking_whether_mail_reaches_somebody(
    page_of: PageOf, administrator: Member, group: Group, outsider: Member
) -> None:
    """By the picker, or by an address that is nobody's here."""
    page = page_of(administrator)
    page.goto(address(group))
    field = page.get_by_role("combobox", name="Person or email address")
    field.press_sequentially("otto")
    page.get_by_role("option", name=re.compile("Otto Outsider")).click()
    page.get_by_role("button", name="Check").click()
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Gets no emails from this list")
    expect(answer).to_contain_text("Can send to this list")
    assert_accessible(page)
    page.goto(address(group))
    page.get_by_role("combobox", name="Person or email address").press_sequentially("who@outside.example")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#answer")).to_contain_text("who@outside.example")
    expect(page.locator("#answer")).to_contain_text("Not in the group")


def test_stopping_mail_and_getting_it_again(page_of: PageOf, member: Member, group: Group) -> None:
    page = page_of(member)
    page.goto(address(group))
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("You unsubscribed from this list.")).to_be_visible()
    page.get_by_role("button", name="Resubscribe").click()
    expect(page.get_by_text("You get emails from this list.")).to_be_visible()


def test_a_contact_leaves_by_the_link(page_of: PageOf, group: Group) -> None:
    """Without signing in, on a phone, without scripts."""
    contact = ExternalContactFactory.create(mailing_list=group.mailing_list)
    page = page_of(None, width=390, java_script_enabled=False)
    page.goto("/" + unsubscribe.contact_url(contact).split("/", 3)[3])
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert not ExternalContact.objects.exists()


def test_contacts_from_a_file(page_of: PageOf, administrator: Member, group: Group, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("성;이름;이메일\n윤;지우;jiwoo@outside.example\n;아무도;\n", encoding="cp949")
    page = page_of(administrator)
    page.goto(address(group))
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1 row that cannot be imported")).to_be_visible()
    assert_accessible(page)
    # Rule 4.13: what was found can be changed, and changed back.
    page.get_by_label("Encoding").select_option("Western European (Windows-1252)")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("윤지우")).to_be_hidden()
    page.get_by_label("Encoding").select_option("Korean (Windows-949, EUC-KR)")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("윤지우")).to_be_visible()
    page.get_by_role("button", name="Add 1 contact").click()
    expect(page.locator("#messages").get_by_text("1 contact was added.")).to_be_visible()
    assert ExternalContact.objects.get().name == "윤지우"


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_pages_are_accessible_and_fit(
    page_of: PageOf, writer: Member, member: Member, group: Group, scheme: str, width: int
) -> None:
    """Each page, light on a phone and dark on a desk: no violation, nothing to scroll sideways."""
    long = f"{'long' * 15}@{'outside' * 8}.example"
    ExternalContactFactory.create(mailing_list=group.mailing_list, email=long)
    FailingAddressFactory.create(address=long, paused=True, last_error="550 " + "x" * 300)
    OptOutFactory.create(mailing_list=group.mailing_list, member=member)
    mail = MailFactory.create(
        group=group,
        subject="W" * 200,
        sender=f"Kim <{long}>",
        message_id=f"<{'i' * 300}@x.example>",
        is_as_list=True,
        member_id=writer.pk,
        member_name=writer.name,
        addressed=[long],
        result=Mail.Result.PART_FAILED,
        recipient_count=2,
    )
    EnvelopeFactory.create(mail=mail, waiting=True, recipients=[long], attempts=1, last_error="y" * 300)
    EnvelopeFactory.create(mail=mail, failures={long: "550 " + "z" * 300})
    page = page_of(writer, width=width, color_scheme=scheme)
    pages = [
        reverse("groups:mail_audit"),
        reverse("groups:mail_audit") + "?q=nothing",
        reverse("groups:mail_record", args=[mail.pk]),
        reverse("groups:failing_addresses"),
        address(group, "detail"),
        address(group),
        address(group) + f"?who={long}",
        address(group, "new_mail"),
        address(group, "unsubscribe"),
        address(group, "contacts_import"),
    ]
    for one in pages:
        page.goto(one)
        assert_accessible(page)
        assert no_sideways_scrolling(page), one


def test_what_would_be_sent_fits_on_a_phone(page_of: PageOf, superuser: Member, outgoing: Path) -> None:
    """The list of the outgoing folder scrolls within itself."""
    people = [f"{'somebody' * 4}{number}@hanbit.example" for number in range(6)]
    FolderTransport(outgoing).hand_over(
        Parcel(people[0], people, [b"Subject: " + b"W" * 60 + b"\r\n\r\nHello\r\n"])
    )
    page = page_of(superuser, width=390, color_scheme="dark")
    page.goto(reverse("admin:outgoing"))
    assert no_sideways_scrolling(page)
    page.get_by_role("link", name="WWWW").click()
    expect(page.get_by_text("Hello")).to_be_visible()
    assert no_sideways_scrolling(page)


def test_signing_keys_fit_on_a_phone_and_are_copied(
    page_of: PageOf, administrator: Member, company: Company
) -> None:
    """Rule 4.16: one domain that is signed and gets another key, one without."""
    domain = Domain.objects.get(name="hanbit.example")
    states = [("former", "", 9), ("in_use", "sealed", 4), ("new", "sealed", None)]
    for number, (state, private, days) in enumerate(states):
        since = timezone.now() - timedelta(days=days) if days else None
        key = SigningKeyFactory.create(
            domain=domain, selector=f"ga2026113{number}", state=state, private_key=private, used_since=since,
            used_until=since if state == "former" else None, public_key="MIIBIjANBgkqhkiG" * 24,
        )  # fmt: skip
    SigningKey.objects.filter(pk=key.pk).update(problem="missing", checked_at=timezone.now())
    DomainFactory.create(company=company, name="second.example")
    page = page_of(administrator)
    page.goto(reverse("groups:mail_signing"))
    expect(page.get_by_text("There is no such record yet")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("ga20261132._domainkey.hanbit.example")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert no_sideways_scrolling(page)
        assert_accessible(page)

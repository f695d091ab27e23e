"""Audit › Mail: the list, its filters, one mail, and the download (rules 4.7, 8.2, 8.3)."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import AuditEntry, Member
from groups.mail.audit import records
from groups.models import Group, Mail, MailContent
from tests.factories import EnvelopeFactory, GroupFactory, MailFactory
from tests.helpers import ClientOf

pytestmark = pytest.mark.django_db

URL = "groups:mail_audit"


def listed(client_of: ClientOf, viewer: Member, **query: str) -> list[str]:
    answer = client_of(viewer).get(reverse(URL), query)
    assert answer.status_code == 200
    return [mail.subject for mail in answer.context["page"].rows]


def page_of(client_of: ClientOf, viewer: Member, mail: Mail, **query: str) -> str:
    answer = client_of(viewer).get(reverse("groups:mail_record", args=[mail.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def at(mail: Mail, moment: datetime) -> Mail:
    Mail.objects.filter(pk=mail.pk).update(at=moment)
    return mail


def test_newest_first_with_what_is_asked_for(
    client_of: ClientOf, administrator: Member, group: Group, member: Member
) -> None:
    """Rule 8.2: time, subject, sender as shown, who really sent it, list, recipients, result, message id."""
    at(MailFactory.create(group=group, subject="Older"), timezone.now() - timedelta(days=1))
    MailFactory.create(
        group=group,
        subject="Newer",
        sender="Boss <boss@hanbit.example>",
        member_id=member.pk,
        member_name=member.name,
        member_email=member.email,
        recipient_count=1234,
        result=Mail.Result.PART_FAILED,
        message_id="<one@hanbit.example>",
    )
    assert listed(client_of, administrator) == ["Newer", "Older"]
    page = client_of(administrator).get(reverse(URL)).content.decode()
    for text in (
        *("Boss &lt;boss@hanbit.example&gt;", "Momo Member", "Platform guild", "platform@hanbit.example"),
        *("1,234", "Partly failed", "&lt;one@hanbit.example&gt;"),
    ):
        assert text in page, text


def test_nothing_of_other_companies(
    client_of: ClientOf, administrator: Member, other_administrator: Member, group: Group
) -> None:
    """Rules 1.1, 6.4."""
    mail = MailFactory.create(group=group, subject="Ours")
    assert listed(client_of, other_administrator) == []
    assert listed(client_of, other_administrator, person="kim", of=f"group-{group.pk}") == []
    url = reverse("groups:mail_record", args=[mail.pk])
    assert client_of(other_administrator).get(url).status_code == 404
    csv_text = b"".join(client_of(other_administrator).post(reverse("groups:mail_csv")))
    assert b"Ours" not in csv_text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"person": "boss@HANBIT"}, ["By sender"]),
        ({"person": "momo"}, ["By person"]),
        ({"group": "platform"}, ["By person", "By sender"]),
        ({"group": "other@"}, ["Other list"]),
        ({"result": "refused"}, ["Other list"]),
        ({"q": "sender"}, ["By sender"]),
        ({"q": "<other-1@"}, ["Other list"]),
        ({"q": "100%"}, []),
        ({"person": "momo", "result": "refused"}, []),
    ],
)
def test_filters(
    client_of: ClientOf, administrator: Member, group: Group, query: dict[str, str], expected: list[str]
) -> None:
    """Rule 8.3: by person, sender shown or real; by list; by result; by subject or message id."""
    MailFactory.create(group=group, subject="By sender", sender="boss@hanbit.example")
    MailFactory.create(group=group, subject="By person", member_id=1, member_name="Momo Member")
    other = GroupFactory.create(
        company=group.company, name="Zebra", listed=True, mailing_list__address__local_part="other"
    )
    MailFactory.create(
        group=other, subject="Other list", result=Mail.Result.REFUSED, message_id="<other-1@x.example>"
    )
    assert sorted(listed(client_of, administrator, **query)) == expected


def test_the_period(client_of: ClientOf, administrator: Member, group: Group) -> None:
    now = timezone.now()
    for days in (0, 3, 40):
        at(MailFactory.create(group=group, subject=f"{days} days"), now - timedelta(days=days))
    assert listed(client_of, administrator) == ["0 days", "3 days"]
    assert listed(client_of, administrator, period="180") == ["0 days", "3 days", "40 days"]
    day = (now - timedelta(days=3)).date().isoformat()
    assert listed(client_of, administrator, since=day, until=day) == ["3 days"]
    wrong = client_of(administrator).get(reverse(URL), {"since": "2026-05-02", "until": "2026-05-01"})
    assert wrong.status_code == 422


def test_one_person_and_one_group_by_number(
    client_of: ClientOf, administrator: Member, group: Group, member: Member
) -> None:
    """The links of one mail's page, which also find what was renamed meanwhile."""
    MailFactory.create(group=group, subject="Theirs", member_id=member.pk, list_name="Old name")
    MailFactory.create(group=GroupFactory.create(company=group.company, listed=True), subject="Another")
    assert listed(client_of, administrator, who=str(member.pk)) == ["Theirs"]
    assert listed(client_of, administrator, of=f"group-{group.pk}") == ["Theirs"]


def test_a_search_looks_through_so_many_at_a_time(
    client_of: ClientOf, administrator: Member, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page costs the same however many mails there are: it says how far it has looked, and goes on."""
    monkeypatch.setattr(records, "SEARCHED_AT_ONCE", 10)
    start = datetime(2026, 11, 1, tzinfo=UTC)
    for n in range(25):
        at(MailFactory.create(group=group, subject="wanted" if n == 2 else "x"), start + timedelta(hours=n))
    client = client_of(administrator)
    wanted = {"q": "wanted", "since": "2026-11-01", "until": "2026-11-30"}
    first = client.get(reverse(URL), wanted)
    assert first.context["page"].rows == []
    assert "Searched back to" in first.content.decode()
    second = client.get(reverse(URL) + first.context["found"].older)
    assert second.context["page"].rows == []
    third = client.get(reverse(URL) + second.context["found"].older)
    assert [mail.subject for mail in third.context["page"].rows] == ["wanted"]
    assert third.context["found"].older == ""
    assert client.get(reverse(URL) + third.context["found"].newest).context["page"].rows == []


def test_leafing_with_filters(
    client_of: ClientOf, administrator: Member, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "PAGE", 2)
    for n in range(5):
        at(MailFactory.create(group=group, subject=f"x{n}"), timezone.now() - timedelta(minutes=n))
    client, seen, query = client_of(administrator), [], "?q=x"
    while query:
        answer = client.get(reverse(URL) + query)
        seen += [mail.subject for mail in answer.context["page"].rows]
        query = answer.context["page"].next
    assert seen == ["x0", "x1", "x2", "x3", "x4"]


def test_the_list_asks_few_questions(
    client_of: ClientOf,
    administrator: Member,
    group: Group,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    MailFactory.create_batch(30, group=group)
    client = client_of(administrator)
    client.get(reverse(URL))
    with django_assert_max_num_queries(9):
        client.get(reverse(URL), {"q": "subject"})


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00", "person": "\ud800", "group": "%_\\"},
        {"from": "nonsense", "q": "x"},
        {"from": "9999-12-31T23:59:59+00:00", "q": "x"},
        {"who": "9" * 30, "of": "group-" + "9" * 19, "period": "\x00"},
        {"after": "x", "before": "y", "result": "nothing"},
    ],
)
def test_bad_input_is_survived(
    client_of: ClientOf, administrator: Member, group: Group, query: dict[str, str]
) -> None:
    mail = MailFactory.create(group=group)
    EnvelopeFactory.create(mail=mail, recipients=["a@x.example"])
    client = client_of(administrator)
    safe = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    assert client.get(reverse(URL), safe).status_code in (200, 422)
    assert client.post(reverse("groups:mail_csv"), safe).status_code in (200, 422)
    assert client.get(reverse("groups:mail_record", args=[mail.pk]), safe).status_code == 200


def test_one_mail_tells_its_way_and_rule(client_of: ClientOf, administrator: Member, group: Group) -> None:
    """Rule 8.2: door, address, envelope sender, who is known to have sent it, and the rule in words."""
    mail = MailFactory.create(
        group=group,
        result=Mail.Result.REFUSED,
        rule="4.5",
        reason=("Only designated members can send to this list. Ask a master of the group to designate you."),
        content=None,
        recipient_count=0,
    )
    page = page_of(client_of, administrator, mail)
    assert "sent" not in page.replace("so it was not sent to anyone", "")
    for text in (
        *("Mail server (LMTP)", "192.0.2.10", "kim@outside.example", "The sender could not be verified"),
        *("Only designated members can send to this list.", "Ask a master", "so it was not sent to anyone"),
    ):
        assert text in page, text


def test_what_a_mail_says_is_not_shown(
    client_of: ClientOf, administrator: Member, group: Group, settings: Any
) -> None:
    """Rule 3.6: administrators see some headers, never the content. Rule 4.7: nor a forger's results."""
    settings.MAIL_AUTHSERV_ID = "mx"
    raw = (
        b"From: =?utf-8?q?K=C3=BCm?= <kim@outside.example>\r\nTo: platform@hanbit.example\r\n"
        b"X-Private: between us\r\nAuthentication-Results: mx; dkim=pass\r\n"
        b"Authentication-Results: evil; dmarc=pass\r\n\r\nThe secret text\r\n"
    )
    content = MailContent.objects.create(data=raw)
    page = page_of(client_of, administrator, MailFactory.create(group=group, content=content))
    assert "Küm &lt;kim@outside.example&gt;" in page
    assert "mx; dkim=pass" in page
    assert "dmarc=pass" not in page
    assert "between us" not in page
    assert "secret text" not in page


def test_every_recipients_state(client_of: ClientOf, administrator: Member, group: Group) -> None:
    """Rule 8.2: handed over, waiting with the next try, failed with the server's words; and how many."""
    mail = MailFactory.create(group=group, recipient_count=4)
    EnvelopeFactory.create(
        mail=mail, recipients=["got@x.example"], failures={"gone@x.example": "550 5.1.1 No such user"}
    )
    EnvelopeFactory.create(
        mail=mail,
        waiting=True,
        recipients=["later@x.example", "last@x.example"],
        attempts=2,
        last_error="451 4.7.1 Greylisted",
    )
    first = page_of(client_of, administrator, mail)
    assert "550 5.1.1 No such user" in first
    assert "Sent" in first
    assert "later@x.example" in first
    for count in ("1 sent", "2 waiting", "1 failed"):
        assert count in first, count
    found = page_of(client_of, administrator, mail, q="LATER@")
    assert "tried 2 times" in found
    assert "451 4.7.1 Greylisted" in found
    assert "last@x.example" not in found
    assert "got@x.example" not in found
    assert "No such user" in page_of(client_of, administrator, mail, q="gone@")
    assert "No one found" in page_of(client_of, administrator, mail, q="recipients")


def test_recipients_are_leafed_through(
    client_of: ClientOf, administrator: Member, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Envelopes of one and of many fill pages of about one size, forwards and backwards."""
    monkeypatch.setattr(records, "RECIPIENTS_AT_ONCE", 4)
    mail = MailFactory.create(group=group, recipient_count=14)
    for number, size in enumerate((1, 1, 4, 1, 1, 1, 1, 4)):
        EnvelopeFactory.create(mail=mail, recipients=[f"p{number}-{n}@x.example" for n in range(size)])
    client = client_of(administrator)
    url = reverse("groups:mail_record", args=[mail.pk])

    def leaf(query: str, side: str) -> list[int]:
        sizes = []
        while True:
            answer = client.get(url + query, headers={"HX-Request": "true", "HX-Target": "results"})
            sizes.append(len(answer.context["people"]))
            if not (following := getattr(answer.context["page"], side)):
                ends.append(query)
                return sizes
            query = following

    ends: list[str] = []
    assert leaf("", "next") == [2, 4, 4, 4]
    assert leaf(ends[0], "previous") == [4, 4, 4, 2]


def test_one_mail_of_many_recipients_asks_few_questions(
    client_of: ClientOf,
    administrator: Member,
    group: Group,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    mail = MailFactory.create(group=group, recipient_count=2000)
    for n in range(20):
        EnvelopeFactory.create(mail=mail, recipients=[f"p{n}-{m}@x.example" for m in range(100)])
    client = client_of(administrator)
    client.get(reverse(URL))
    with django_assert_max_num_queries(13):
        client.get(reverse("groups:mail_record", args=[mail.pk]))


def test_the_download_is_safe_and_audited(client_of: ClientOf, administrator: Member, group: Group) -> None:
    """Rules 8.1, 8.3: what the bar says, formulas kept from running, and a trace of the download."""
    MailFactory.create(group=group, subject="=cmd|'/c calc'!A1", reason="@x", recipient_count=7)
    MailFactory.create(group=group, subject="Refused", result=Mail.Result.REFUSED)
    answer = client_of(administrator).post(reverse("groups:mail_csv"), {"result": "delivered"})
    text = b"".join(answer).decode()
    assert answer["Content-Disposition"].startswith('attachment; filename="mail-')
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 2
    line = dict(zip(rows[0], rows[1], strict=True))
    assert line["Subject"] == "'=cmd|'/c calc'!A1"
    assert line["Reason"] == "'@x"
    assert line["Recipients"] == "7"
    entry = AuditEntry.objects.get(action="audit.export_mail")
    assert "result: delivered" in entry.changes["filters"][1]
    assert client_of(administrator).get(reverse("groups:mail_csv")).status_code == 405

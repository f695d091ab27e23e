"""The audit as a table (rule 8.3): what the filters show, safe in spreadsheets, itself audited."""

import csv
import io
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from accounts.audit.items import people_items
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.spreadsheets.writing import neutralised
from groups import actions
from groups.actions import Entries
from groups.models import Group
from tests.factories import MemberFactory
from tests.helpers import ClientOf, actor_of

pytestmark = pytest.mark.django_db


def download(client: Any, **filters: str) -> list[dict[str, str]]:
    """The lines of the table, by its headings."""
    answer = client.post(reverse("accounts:audit_csv"), filters)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    raw = b"".join(answer.streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_what_the_filters_show(
    company: Company, administrator: Member, group: Group, member: Member, client_of: ClientOf
) -> None:
    add, remove = Entries(), Entries(members=frozenset({member.pk}))
    actions.edit_entries(group, add, remove, actor=actor_of(administrator))
    audit.record(Actor.system(), "team.add", company)
    client = client_of(administrator)
    (line,) = download(client, task="group.edit_members")
    entry = AuditEntry.objects.get(action="group.edit_members")
    moment = timezone.localtime(entry.at).isoformat(timespec="seconds")
    assert line == {
        "Number": str(entry.pk),
        "Time": moment,
        "Who": "Ada Administrator",
        "Email address": "ada@hanbit.example",
        "Company": "",
        "IP address": "192.0.2.7",
        "Source": "Web",
        "Action": "Edit group members",
        "Kind": "Group",
        "Target": "Platform guild",
        "Changes": "Member(s): − Momo Member <momo@hanbit.example>",
        "Result": "Done",
        "Reason": "",
    }
    assert [line["Action"] for line in download(client, period="180", door="system")] == ["Add team"]


def test_newest_first_and_all_of_long_lists(
    company: Company, administrator: Member, group: Group, client_of: ClientOf
) -> None:
    names = [{"kind": "member", "id": n, "name": f"Person {n}."} for n in range(1, 101)]
    audit.record(Actor.system(), "group.edit_members", group, {"members_added": [None, names]})
    audit.record(Actor.system(), "group.edit", group)
    later, earlier = download(client_of(administrator), task="", door="system")
    assert later["Action"] == "Edit group"
    assert earlier["Changes"].count("Person ") == 100


def test_a_download_is_audited(administrator: Member, company: Company, client_of: ClientOf) -> None:
    """Rule 8.1: with what was asked for."""
    download(client_of(administrator), period="7", person=" ada\x00 ", result="refused")
    entry = AuditEntry.objects.get(action="audit.export")
    assert (entry.actor_id, entry.company_id, entry.result) == (administrator.pk, company.pk, "done")
    assert entry.changes == {"filters": [None, "period: 7; person: ada; result: refused"]}


def test_looking_downloads_nothing(administrator: Member, client_of: ClientOf) -> None:
    """GET never writes."""
    assert client_of(administrator).get(reverse("accounts:audit_csv")).status_code == 405
    assert not AuditEntry.objects.exists()


def test_wrong_dates(administrator: Member, client_of: ClientOf) -> None:
    answer = client_of(administrator).post(reverse("accounts:audit_csv"), {"since": "nonsense"})
    assert answer.status_code == 422
    assert "Enter a date" in answer.content.decode()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_cells_are_no_formulas(start: str) -> None:
    assert neutralised(f"{start}1+1") == f"'{start}1+1"
    assert neutralised(f"a{start}") == f"a{start}"


@pytest.mark.parametrize("between", ["", " ", '"', "\u00a0\u200b' "])
@pytest.mark.parametrize("splits", ["", "a;", "a；", "a|", "a\t", "a\r\n", "a\n", "a;b;"])
def test_no_part_of_a_cell_is_a_formula_where_lines_are_split_elsewhere(splits: str, between: str) -> None:
    """Rule 8.3: German and French spreadsheets split at ";", and take our quotation marks for text."""
    assert neutralised(f"{splits}{between}=1+1") == f"{splits}{between}'=1+1"


@pytest.mark.parametrize(
    "harmless", ["a; b", "a, + b, - c", "e-mail; a=b", "2026-01-01T00:00:00+09:00", ";", ""]
)
def test_what_is_no_formula_stays_as_it_is(harmless: str) -> None:
    assert neutralised(harmless) == harmless


def test_megabytes_of_spaces_are_escaped_at_once() -> None:
    assert neutralised(";" + " " * 2_000_000) == ";" + " " * 2_000_000


def test_nasty_names(company: Company, administrator: Member, client_of: ClientOf) -> None:
    """Quotes, commas and line breaks stay in their cell; formulas are none."""
    for name in (
        "a;=1+1",
        '=HYPERLINK("http://x.example")',
        'a","b\r\nc',
        "＝cmd|' /C calc'!A0",
        "<b>\u202e",
    ):
        person = MemberFactory.create(company=company, name=name)
        audit.record(actor_of(person), "member.update", person, {"name": ["@x", name]})
    lines = download(client_of(administrator), task="member.update")
    assert [line["Who"] for line in lines] == [
        "<b>\u202e",
        "'＝cmd|' /C calc'!A0",
        'a","b\r\nc',
        '\'=HYPERLINK("http://x.example")',
        "a;'=1+1",
    ]
    assert {line["Action"] for line in lines} == {"Edit member"}
    assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for line in lines for cell in line.values())


def test_of_other_companies_people_name_and_company_only(
    administrator: Member, external_group: Group, guest: Member, client_of: ClientOf
) -> None:
    """Rule 6.4."""
    changes: audit.Changes = {
        "members_added": [None, people_items([guest.pk])],
        "address": [None, guest.email],
    }
    audit.record(actor_of(guest), "group.edit", external_group, changes)
    (line,) = download(client_of(administrator), task="group.edit")
    assert (line["Who"], line["Company"]) == ("Greta Guest", "Nordlicht")
    assert (line["Email address"], line["IP address"]) == ("", "")
    assert "@" not in "".join(line.values())


def test_named_after_company_and_period(administrator: Member, company: Company, client_of: ClientOf) -> None:
    Company.objects.filter(pk=company.pk).update(name='한빛 ../"Robotics"')
    filters = {"period": "custom", "since": "2026-01-01", "until": "2026-01-31"}
    answer: Any = client_of(administrator).post(reverse("accounts:audit_csv"), filters)
    name = unquote(answer["Content-Disposition"])
    assert name.startswith("attachment; ")
    assert name.endswith("audit-한빛-Robotics-2026-01-01-2026-01-31.csv")
    b"".join(answer)


def test_in_the_readers_time_zone(administrator: Member, company: Company, client_of: ClientOf) -> None:
    """Also though the lines are made when the request is over."""
    administrator.time_zone = "Asia/Seoul"
    administrator.save(update_fields=["time_zone"])
    audit.record(Actor.system(), "company.update", company)
    (line,) = download(client_of(administrator), task="company.update")
    assert line["Time"].endswith("+09:00")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no cursors on a server")
def test_the_server_keeps_the_place(
    administrator: Member, company: Company, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    """One query for all lines, read in parts: as much memory for a million as for one."""
    for _number in range(30):
        audit.record(Actor.system(), "company.update", company)
    client = client_of(administrator)
    with django_assert_max_num_queries(14) as queries:
        assert len(download(client, task="company.update")) == 30
    declared = [query["sql"] for query in queries.captured_queries if "DECLARE" in query["sql"]]
    assert all("HOLD" not in sql for sql in declared)

"""What a company knows of its people besides name, addresses and teams (rule 1.12)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from accounts.actions.deletion import delete_member
from accounts.actions.members import MemberSettings, add_member, update_member
from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from tests.factories import MemberFactory
from tests.helpers import ActorOf, ClientOf

from .pages import text_of

ALL: dict[str, Any] = {
    "employee_number": "E-0042",
    "job_title": "Maschinenbauerin",
    "site": "Halle 3",
    "phone": "+82 2 555 0100 (7)",
    "nickname": "Mo",
    "reading": "もも",
    "starts_on": date(2020, 2, 29),
    "ends_on": date(2999, 12, 31),
}


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


def detail(member: Member, actor: Actor, **values: Any) -> Member:
    member.refresh_from_db()
    return update_member(member, replace(MemberSettings.of(member), **values), actor=actor)


def test_all_of_it_is_kept_and_audited(company: Company, member: Member, actor: Actor) -> None:
    values = ALL | {"manager_id": member.pk}
    new = add_member(company, MemberSettings("New", "new", company.primary_domain.pk, **values), actor=actor)
    kept = MemberSettings.of(Member.objects.get(pk=new.pk))
    assert {name: getattr(kept, name) for name in values} == values
    changes = AuditEntry.objects.get(action="member.add").changes
    assert changes["job_title"] == ["", "Maschinenbauerin"]
    assert changes["starts_on"] == ["", "2020-02-29"]
    assert [item["name"] for item in changes["manager"][1]] == ["Momo Member"]
    update_member(new, kept, actor=actor)
    detail(new, actor, manager_id=None, phone="")
    (entry,) = AuditEntry.objects.filter(action="member.update")
    assert entry.changes.keys() == {"manager", "phone"}


def test_what_is_empty_is_not_audited(company: Company, actor: Actor) -> None:
    add_member(company, MemberSettings("New", "new", company.primary_domain.pk), actor=actor)
    assert ALL.keys().isdisjoint(AuditEntry.objects.get().changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("employee_number", "1" * 101),
        ("phone", "1" * 101),
        ("job_title", "x" * 101),
        ("site", "e" + "\u0301" * 1000),
        ("nickname", "x" * 101),
        ("reading", "x" * 101),
    ],
)
def test_what_is_too_long_is_told_beside_its_field(
    member: Member, actor: Actor, field: str, value: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        detail(member, actor, **{field: value})
    assert invalid.value.field == field
    detail(member, actor, **{field: value[:100]})


def test_lines_are_cleaned(member: Member, actor: Actor) -> None:
    assert detail(member, actor, job_title=" Head\nof\x00 Ops ").job_title == "Head of  Ops"


def test_managers_make_no_loop(company: Company, member: Member, master: Member, actor: Actor) -> None:
    third = MemberFactory.create(company=company, name="Third")
    detail(master, actor, manager_id=member.pk)
    detail(third, actor, manager_id=master.pk)
    with pytest.raises(Invalid, match=r"Third.* reports to this person"):
        detail(member, actor, manager_id=third.pk)
    with pytest.raises(Invalid, match="their own manager") as own:
        detail(member, actor, manager_id=member.pk)
    assert own.value.field == "manager"
    assert detail(third, actor, manager_id=member.pk).manager == member


def test_a_manager_is_of_the_company(member: Member, guest: Member, actor: Actor) -> None:
    """Rule 1.1: somebody of another company answers like nobody."""
    for pk in (guest.pk, 10**15):
        with pytest.raises(Invalid, match="no longer available"):
            detail(member, actor, manager_id=pk)


def test_whose_manager_is_deleted_has_none(member: Member, master: Member, actor: Actor) -> None:
    """And the audit says so of each."""
    detail(master, actor, manager_id=member.pk)
    version = Member.objects.get(pk=master.pk).version
    delete_member(member, actor=actor)
    master.refresh_from_db()
    assert (master.manager, master.version) == (None, version + 1)
    (entry,) = AuditEntry.objects.filter(action="member.update", target_id=master.pk).order_by("-pk")[:1]
    assert [item["name"] for item in entry.changes["manager"][0]] == ["Momo Member"]


def test_the_form_keeps_what_it_shows(
    company: Company, member: Member, master: Member, actor: Actor, client_of: ClientOf
) -> None:
    """Saved again as it is, nothing changes; "More" is open where it has something."""
    client = client_of(actor.member)
    url = reverse("accounts:member_edit", args=[member.pk])
    empty = text_of(client.get(url))
    assert '<details class="more" >' in empty
    detail(member, actor, **ALL, manager_id=master.pk)
    page = client.get(url)
    assert '<details class="more" open>' in text_of(page)
    form = page.context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}
    sent |= {
        "teams": "",
        "manager": f"member:{master.pk}",
        "starts_on": "2020-02-29",
        "ends_on": "2999-12-31",
    }
    before = AuditEntry.objects.count()
    assert client.post(url, sent).status_code == 302
    assert AuditEntry.objects.count() == before
    wrong = sent | {"manager": f"member:{master.pk} member:{actor.member and actor.member.pk}"}
    assert "A person has one manager" in text_of(client.post(url, wrong))
    assert "Enter a date, such as" in text_of(client.post(url, sent | {"starts_on": "29.2.2020"}))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("e-0042", True),
        ("MASCHINEN", True),
        ("halle 3", True),
        ("もも", True),
        ("0042\n", True),
        ("555", False),
    ],
)
def test_the_list_is_searched_for_it(
    member: Member, actor: Actor, client_of: ClientOf, typed: str, found: bool
) -> None:
    detail(member, actor, **ALL)
    rows = client_of(actor.member).get(reverse("accounts:member_list"), {"q": typed}).context["rows"]
    assert [row.member for row in rows] == ([member] if found else [])


def test_what_is_saved_alone_is_found_too(member: Member) -> None:
    member.nickname, member.job_title = "Ωmega", "Welder"
    member.save(update_fields=["nickname", "job_title"])
    member.refresh_from_db()
    assert "\n ωmega\n" in member.called_folded
    assert "\n welder\n" in member.work_folded

"""Entries by the API: listed, added, removed and replaced, in groups of any size (rules 2.8–2.11, 2.18)."""

from typing import Any

import pytest

from accounts.models import Company, Contact, Member, Team
from groups.models import Group, Membership
from tests.factories import GroupFactory, MemberFactory
from tests.groupadmin.api.calling import Program, program_of

pytestmark = pytest.mark.django_db


def entries(program: Program, group: Group, query: str = "") -> list[Any]:
    answer = program.get(f"/groups/{group.pk}/entries?{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["items"])


def name_of(person: Member) -> str:
    """Of their company."""
    assert person.company is not None
    return person.company.name


def people(group: Group) -> set[int | None]:
    return set(group.entries.filter(member__isnull=False).values_list("member_id", flat=True))


def test_entries_are_told_as_far_as_one_may_know_them(
    group: Group, private_group: Group, company: Company, member: Member, outsider: Member, team: Team
) -> None:
    """Rule 2.21: of a private group only that something is there. Inactive people are for who runs it."""
    Membership.objects.create(group=group, subgroup=private_group, source="hr")
    gone = MemberFactory.create(company=company, is_active=False)
    Membership.objects.create(group=group, member=gone)
    seen, all_of_them = entries(program_of(outsider), group), entries(program_of(company), group)
    assert [one["kind"] for one in all_of_them] == ["group", "team", "member", "member"]
    assert [one["kind"] for one in seen] == ["group", "team", "member"]
    assert (seen[0]["group"], seen[0]["source"]) == (None, None)
    assert (all_of_them[0]["group"]["name"], all_of_them[0]["source"]) == ("Secret surprise", "hr")
    assert seen[1]["team"] == {"id": team.pk, "name": team.name}
    assert seen[2]["member"]["email"] == member.email


def test_of_people_of_other_companies_only_name_and_company_are_told(
    external_group: Group, guest: Member, company: Company, member: Member
) -> None:
    """Rule 6.4, both ways."""
    for program, foreign, own in (
        (program_of(company), guest, member),
        (program_of(guest), member, guest),
    ):
        found = {one["member"]["id"]: one["member"] for one in entries(program, external_group)}
        assert (found[foreign.pk]["email"], found[foreign.pk]["company"]) == (None, name_of(foreign))
        assert (found[own.pk]["email"], found[own.pk]["company"]) == (own.email, None)


def test_pages_lead_through_groups_teams_and_people(
    group: Group, private_group: Group, company: Company
) -> None:
    Membership.objects.create(group=group, subgroup=private_group)
    for _number in range(3):
        Membership.objects.create(group=group, member=MemberFactory.create(company=company))
    program = program_of(company)
    for limit in (1, 2, 3, 6):
        found, cursor, pages = [], "", 0
        while cursor is not None:
            page = program.get(f"/groups/{group.pk}/entries?limit={limit}&cursor={cursor}").json()
            found += [one["id"] for one in page["items"]]
            cursor, pages = page["next_cursor"], pages + 1
        assert len(found) == len(set(found)) == group.entries.count(), limit
        assert pages == 6 // limit
    assert [one["kind"] for one in entries(program, group, "kind=team")] == ["team"]
    group.entries.filter(member__isnull=False).delete()
    assert program.get(f"/groups/{group.pk}/entries?limit=2").json()["next_cursor"] is None
    wrong = program.get(f"/groups/{group.pk}/entries?cursor=member|")
    assert [one["field"] for one in wrong.json()["errors"]] == ["cursor"]


def test_entries_are_added_removed_and_replaced(
    group: Group, company: Company, master: Member, member: Member, outsider: Member, team: Team
) -> None:
    program, path = program_of(company, source="hr"), f"/groups/{group.pk}/entries"
    added = program.post(path, {"members": [outsider.email, member.pk]})
    assert (added.status_code, added.json()["version"], added["ETag"]) == (200, 2, '"2"')
    assert people(group) == {outsider.pk, member.pk}
    assert group.entries.get(member=outsider).source == "hr"
    assert group.entries.get(member=member).source == ""
    changed = program.patch(path, {"add": {"members": [master.pk]}, "remove": {"members": [member.pk]}})
    assert changed.json()["version"] == 3
    assert people(group) == {outsider.pk, master.pk}
    assert program("PUT", path, {"members": [member.pk], "teams": [team.pk]}).json()["version"] == 4
    assert people(group) == {member.pk}
    again = program("PUT", path, {"members": [member.pk], "teams": [team.pk]})
    assert again.json()["version"] == 4


def test_one_entry_is_removed_by_its_own_id(group: Group, external_group: Group, company: Company) -> None:
    program = program_of(company)
    entry, foreign = group.entries.get(team__isnull=True), external_group.entries.first()
    assert foreign is not None
    path = f"/groups/{group.pk}/entries/"
    assert program.delete(f"{path}{entry.pk}").status_code == 200
    for pk in (entry.pk, foreign.pk, "0", "x", 10**30):
        assert program.delete(f"{path}{pk}").status_code == 404, pk
    assert external_group.entries.count() == 2


def test_by_ids_of_other_systems_too(
    group: Group, company: Company, outsider: Member, member: Member
) -> None:
    Member.objects.filter(pk=outsider.pk).update(source="hr", external_id="E-1")
    path, body = f"/groups/{group.pk}/entries", {"members": ["ext:hr:E-1"]}
    assert program_of(company).post(path, body).status_code == 200
    assert outsider.pk in people(group)
    other = GroupFactory.create(company=company, masters=[member])
    assert program_of(member).post(f"/groups/{other.pk}/entries", body).status_code == 422


def test_what_may_not_be_chosen_says_so(
    group: Group, company: Company, guest: Member, private_group: Group, master: Member
) -> None:
    path = f"/groups/{group.pk}/entries"
    outer = GroupFactory.create(company=company, subgroups=[group])
    for program, body, field in (
        (program_of(company), {"members": [guest.pk]}, "entries"),
        (program_of(company), {"groups": [outer.pk]}, "entries"),
        (program_of(master), {"groups": [private_group.pk]}, "entries"),
        (program_of(company), {"members": [0]}, "members.0"),
        (program_of(company), {"members": [True]}, "members.0"),
        (program_of(company), {"people": []}, "people"),
    ):
        answer = program.post(path, body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["field"].startswith(field), answer.content
    emptied = program_of(company)("PUT", path, {})
    assert (emptied.status_code, emptied.json()["errors"][0]["field"]) == (422, "entries")


def test_who_loses_many_is_asked_to_agree(group: Group, company: Company, settings: Any) -> None:
    """Rule 10.5: the answer says what to send to agree."""
    settings.LOSS_ASKS_FROM, settings.LOSS_ASKS_PERCENT = 2, 10
    crowd = MemberFactory.create_batch(4, company=company)
    Membership.objects.bulk_create(Membership(group=group, member=one) for one in crowd)
    program, path = program_of(company), f"/groups/{group.pk}/entries"
    body = {"remove": {"members": [one.pk for one in crowd]}}
    asked = program.patch(path, body)
    assert (asked.status_code, asked.json()["type"]) == (409, "urn:groupadmin:problem:loses-many")
    assert program.patch(f"{path}?accept_loss={asked.json()['accept_loss']}", body).status_code == 200


def test_people_of_other_companies_come_from_the_contacts_of_the_person(
    external_group: Group, master: Member, stranger: Member, company: Company
) -> None:
    """Rule 6.3: a company's program has no Contacts."""
    path, body = f"/groups/{external_group.pk}/external-members", {"members": [stranger.pk]}
    assert program_of(company).post(path, body).status_code == 422
    assert program_of(master).post(path, body).status_code == 422
    for one, other in ((master, stranger), (stranger, master)):
        Contact.objects.create(owner=one, person=other)
    assert program_of(master).post(path, body).status_code == 200
    assert stranger.pk in people(external_group)


def test_a_group_of_any_size_costs_the_same(company: Company, django_assert_max_num_queries: Any) -> None:
    """Neither adding one nor a page looks at the other entries."""
    groups = [GroupFactory.create(company=company) for _size in range(2)]
    crowd = MemberFactory.create_batch(60, company=company)
    Membership.objects.bulk_create(Membership(group=groups[1], member=one) for one in crowd[1:])
    Membership.objects.create(group=groups[0], member=crowd[1])
    program = program_of(company)
    counts = []
    for group in groups:
        with django_assert_max_num_queries(60) as queries:
            program.post(f"/groups/{group.pk}/entries", {"members": [crowd[0].pk]})
            program.get(f"/groups/{group.pk}/entries?limit=2")
        counts.append(len(queries))
        reads = [one["sql"] for one in queries.captured_queries if 'FROM "groups_membership"' in one["sql"]]
        assert all("LIMIT" in sql or "member_id" in sql.partition("WHERE")[2] for sql in reads)
    assert counts[0] == counts[1]

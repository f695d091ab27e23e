"""Lists in pages, by cursors that nobody can make up (rule 11.3)."""

from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Company, Member
from groupadmin.base.paging import rows_after
from tests.factories import MemberFactory
from tests.groupadmin.api.calling import program_of

pytestmark = pytest.mark.django_db


def test_every_person_is_on_exactly_one_page(company: Company, member: Member) -> None:
    MemberFactory.create_batch(5, company=company, name="Same Name")
    program = program_of(member)
    whole = [one["id"] for one in program.get("/members").json()["items"]]
    found, path = [], "/members?limit=2"
    while path:
        answer = program.get(path)
        found += [one["id"] for one in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            assert not answer.has_header("Link")
            break
        link = answer["Link"]
        assert link.endswith('>; rel="next"')
        parts = urlsplit(link[1:].partition(">")[0])
        assert answer.json()["next_cursor"] in parts.query.replace("%3A", ":")
        path = f"{parts.path.removeprefix('/api/v1')}?{parts.query}"
    assert found == whole
    assert len(found) == 6


def test_a_cursor_is_for_its_list_alone(company: Company, member: Member) -> None:
    MemberFactory.create_batch(2, company=company)
    program = program_of(member)
    cursor = program.get("/members?limit=1").json()["next_cursor"]
    for path in (f"/teams?cursor={cursor}", f"/members?cursor={cursor}x", f"/jobs?cursor={cursor}"):
        assert program.get(path).status_code == 422
    assert program.get(f"/members?cursor={cursor}").status_code == 200


def test_after_the_last_row_nothing_begins_again(member: Member) -> None:
    key = {"id": int}
    rows, following = rows_after(Member.objects.all(), key, "", 1)
    assert (rows, following) == ([member], "")
    with pytest.raises(ValueError, match="no cursor"):
        rows_after(Member.objects.all(), key, "made up", 1)


def test_a_page_costs_the_same_few_queries(company: Company, member: Member) -> None:
    program = program_of(member)
    asked = []
    for _more in range(2):
        MemberFactory.create_batch(10, company=company)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            program.get("/members")
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 6

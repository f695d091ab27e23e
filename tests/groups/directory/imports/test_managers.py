"""Who reports to whom, as imports say it (rules 1.12, 10.2)."""

import pytest

from accounts.models import Company, Member
from groups.models import ImportRow
from tests.factories import MemberFactory

from .importing import brought_in, judged, member, verdicts

pytestmark = pytest.mark.django_db

A, B, C = (f"{name}@hanbit.example" for name in "abc")


def reporting() -> dict[str, str]:
    """Who reports to whom."""
    people = Member.objects.filter(manager__isnull=False).select_related("manager")
    return {one.email: one.manager.email for one in people if one.manager}


def test_the_last_row_of_a_ring_leaves_its_manager_out_and_names_the_ring(company: Company) -> None:
    records = [member(A, manager=B), member(B, manager=C), member(C, manager=A)]
    directory_import = brought_in(company, records)
    assert reporting() == {A: B, B: C}
    row = ImportRow.objects.get(directory_import=directory_import, name=C)
    assert row.reason == (
        "The manager is left out, since nobody reports to themselves: "
        f"\u2068{C}\u2069 › \u2068{A}\u2069 › \u2068{B}\u2069 › \u2068{C}\u2069"
    )
    assert set(verdicts(judged(company, records)).values()) == {"same"}


def test_a_ring_through_people_who_are_there(company: Company) -> None:
    """Those who are there keep their managers, and what else the row says comes in."""
    top = MemberFactory.create(company=company, email=A, name="A")
    MemberFactory.create(company=company, email=B, name="B", manager=top)
    brought_in(company, [member(A, manager=B, job_title="Boss")])
    assert reporting() == {B: A}
    assert Member.objects.get(email=A).job_title == "Boss"


@pytest.mark.parametrize("turned", [False, True])
def test_who_reported_to_somebody_can_become_their_manager(company: Company, turned: bool) -> None:
    """What counts is how it is in the end, whichever row stands first."""
    top = MemberFactory.create(company=company, email=A, name="A")
    MemberFactory.create(company=company, email=B, name="B", manager=top)
    records = [member(A, manager=B), member(B, manager=C), member(C)]
    directory_import = brought_in(company, records[::-1] if turned else records)
    assert reporting() == {A: B, B: C}
    assert not ImportRow.objects.filter(directory_import=directory_import).left_out().exists()


def test_somebody_twice_with_a_manager_is_the_same(company: Company) -> None:
    directory_import = brought_in(company, [member(A), member(B, manager=A), member(B, manager=A)])
    assert reporting() == {B: A}
    rows = ImportRow.objects.filter(directory_import=directory_import)
    assert list(rows.order_by("id").values_list("verdict", flat=True)) == ["add", "add", "same"]
    assert not rows.left_out().exists()

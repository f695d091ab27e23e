"""SQL put together from parts: every value in its place, on both databases."""

import pytest

from accounts.models import Company, Team
from accounts.tree_sql import teams, teams_above, teams_below
from groupadmin.base.sql import Carry, Part, Sql, listed, query, sql
from tests.factories import TeamFactory


def test_values_follow_the_places_that_name_them() -> None:
    """Pieces are given in any order; the values come in that of the text."""
    found = sql("{two} OR {one} AND {two}", one=Sql("a = %s", (1,)), two=Sql("b IN (%s, %s)", (2, 3)))
    assert found == Sql("b IN (%s, %s) OR a = %s AND b IN (%s, %s)", (2, 3, 1, 2, 3))


def test_the_values_of_parts_come_before_those_of_the_query() -> None:
    parts = [Part("one", "id", Sql("SELECT %s", (1,))), Part("two", "id", Sql("SELECT %s", (2,)))]
    found = query(Sql("SELECT %s", (3,)), *parts)
    assert found.text == "WITH RECURSIVE one(id) AS (SELECT %s), two(id) AS (SELECT %s) SELECT %s"
    assert found.values == (1, 2, 3)


@pytest.mark.parametrize(("ids", "expected"), [([], Sql("NULL")), ([5], Sql("%s", (5,)))])
def test_a_list_of_ids_is_never_empty_sql(ids: list[int], expected: Sql) -> None:
    assert listed(ids) == expected


def test_nothing_to_start_with_finds_nothing(db: None) -> None:
    assert query(Sql("SELECT id FROM team_above"), teams_above(teams([]))).rows() == []


def test_each_row_carries_what_it_came_from(company: Company) -> None:
    """Two teams of one branch: the one below is found from both, the one above from itself alone."""
    top = TeamFactory.create(company=company)
    middle: Team = TeamFactory.create(company=company, parent=top)
    below: Team = TeamFactory.create(company=company, parent=middle)
    start = teams([top.pk, middle.pk], Carry.ORIGIN)
    found = query(Sql("SELECT origin, id FROM team_below"), teams_below(start, Carry.ORIGIN)).rows()
    assert sorted(found) == sorted(
        [(top.pk, pk) for pk in (top.pk, middle.pk, below.pk)]
        + [(middle.pk, pk) for pk in (middle.pk, below.pk)]
    )

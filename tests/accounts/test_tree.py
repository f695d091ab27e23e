"""Where teams stand in the chart (rule 1.3)."""

from typing import Any

from accounts.models import Company
from accounts.tree import path_text, team_path, team_paths
from tests.factories import TeamFactory


def test_paths_in_one_query(company: Company, django_assert_num_queries: Any) -> None:
    top = TeamFactory.create(company=company, name="Top")
    middle = TeamFactory.create(company=company, name="Middle", parent=top)
    low = TeamFactory.create(company=company, name="Low", parent=middle)
    other = TeamFactory.create(company=company, name="Other")
    with django_assert_num_queries(1):
        paths = team_paths([low.pk, middle.pk, other.pk, 10**12])
    assert paths == {low.pk: [top, middle, low], middle.pk: [top, middle], other.pk: [other]}
    assert team_path(low) == [top, middle, low]
    assert path_text([top, low]) == "\u2068Top\u2069 › \u2068Low\u2069"


def test_no_teams_no_query(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert team_paths([]) == {}

"""Whatever is sent, the pages answer in words: no 500."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import Member, Team
from tests.helpers import ClientOf

NASTY = [
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "9" * 40,
    "-1",
    "%F0%9F%98%80",
    "%E2%80%AE",
    "a" * 5000,
    "%25s'\"<b>{{x}}",
]
GETS = ["member_list", "member_add", "team_list", "team_add", "settings", "profile"]
POSTS = {
    "member_add": ["name", "local_part", "domain", "aliases", "teams"],
    "team_add": ["name", "description", "local_part", "domain", "parent"],
    "settings": ["plan", "has_core", "connecting", "group_creators", "recall_hours", "second_factor"],
    "domain_add": ["name"],
    "profile": ["language", "time_zone"],
}
ON_A_TEAM = {"team_edit": ["name", "domain"], "team_move": ["parent"], "team_people_add": ["people"]}


@pytest.mark.parametrize("nasty", NASTY)
def test_in_the_query(nasty: str, administrator: Member, team: Team, client_of: ClientOf) -> None:
    client = client_of(administrator)
    urls = [reverse(f"accounts:{name}") for name in GETS]
    urls += [reverse(f"accounts:{name}", args=[team.pk]) for name in ("team_people", "team_below")]
    for url in urls:
        for key in ("q", "show", "after", "before", "new", "parent", "team"):
            answer = client.get(
                f"{url}?{key}={nasty}", headers={"HX-Request": "true", "HX-Target": "results"}
            )
            assert answer.status_code in (200, 404)


@pytest.mark.parametrize("nasty", NASTY)
def test_in_a_form(nasty: str, administrator: Member, team: Team, client_of: ClientOf) -> None:
    client = client_of(administrator)
    urls = {reverse(f"accounts:{name}"): fields for name, fields in POSTS.items()}
    urls |= {reverse(f"accounts:{name}", args=[team.pk]): fields for name, fields in ON_A_TEAM.items()}
    urls[reverse("accounts:member_edit", args=[administrator.pk])] = POSTS["member_add"]
    for url, fields in urls.items():
        for field in fields:
            good = {"name": "Good", "local_part": "good", "domain": str(administrator.pk)}
            good.pop(field, None)
            answer = client.post(
                url, f"{urlencode(good)}&{field}={nasty}", content_type="application/x-www-form-urlencoded"
            )
            assert answer.status_code in (302, 404, 422)

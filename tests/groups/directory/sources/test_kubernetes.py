"""Organizations as the Kubernetes project keeps them (rules 10.4, 10.10)."""

import pytest

from groups.directory.sources.kubernetes import SOURCE

from .given import Given, csv, of, problems, read

pytestmark = pytest.mark.one_database

ORG = """\
admins:
- PatSmith
members:
- kim
- 0123
- "no"
teams:
  everyone:
    description: All of them
    privacy: closed
    maintainers: [patsmith]
    members: [Kim]
    repos: {website: admin}
    previously: [all]
    teams:
      insiders:
        privacy: secret
        members:
        - kim
"""
LOGINS = csv(
    "Login,Email,Name", "patsmith,Pat@hanbit.example,Pat Smith", "kim,kim@hanbit.example,", "*,*@git.example"
)


def test_people_have_the_addresses_of_the_table_beside() -> None:
    """A name of GitHub's is a text, whatever YAML would make of it; each person comes once."""
    found = read(SOURCE, Given("config/acme/org.yaml", ORG), Given("logins.csv", LOGINS))
    assert of(found, "member") == [
        {"member": "pat@hanbit.example", "id": "patsmith", "nickname": "PatSmith", "name": "Pat Smith"},
        {"member": "kim@hanbit.example", "id": "kim", "nickname": "kim"},
        {"member": "0123@git.example", "id": "0123", "nickname": "0123"},
        {"member": "no@git.example", "id": "no", "nickname": "no"},
    ]
    assert problems(found) == []


def test_teams_become_groups_and_those_in_them_subgroups() -> None:
    """Rules 2.8, 2.12, 5.3: maintainers are masters and members, secret teams private."""
    found = read(SOURCE, Given("config/acme/org.yaml", ORG), Given("logins.csv", LOGINS))
    assert of(found, "group") == [
        {"group": "everyone", "kind": "internal", "description": "All of them", "is_visible": True},
        {"group": "insiders", "kind": "internal", "is_visible": False},
    ]
    assert of(found, "entry") == [
        {"group": "everyone", "member": "pat@hanbit.example"},
        {"group": "everyone", "member": "kim@hanbit.example"},
        {"group": "everyone", "subgroup": "insiders"},
        {"group": "insiders", "member": "kim@hanbit.example"},
    ]
    assert of(found, "master") == [{"group": "everyone", "member": "pat@hanbit.example"}]


def test_who_has_no_address_is_named_wherever_they_stand() -> None:
    found = read(
        SOURCE, Given("org.yaml", ORG), Given("logins.csv", csv("login,email", "patsmith,pat@h.example"))
    )
    assert [line.split(": ")[0] for line in problems(found)] == [
        "org.yaml:4 kim",
        "org.yaml:5 0123",
        "org.yaml:6 no",
        "org.yaml:12 Kim › everyone",
        "org.yaml:19 kim › insiders",
    ]
    assert of(found, "entry")[0] == {"group": "everyone", "member": "pat@h.example"}


def test_the_folder_of_a_working_group_is_a_team_of_those_named_in_it() -> None:
    teams = "teams:\n  docs-admins:\n    members: [kim]\n  docs-owners:\n    maintainers: [kim]\n"
    found = read(
        SOURCE,
        Given("config/acme/org.yaml", ORG),
        Given("config/acme/sig-docs/teams.yaml", teams),
        Given("logins.csv", LOGINS),
    )
    assert of(found, "team") == [{"team": "sig-docs"}]
    assert of(found, "place") == [{"team": "sig-docs", "member": "kim@hanbit.example"}]
    assert [one["group"] for one in of(found, "group")][-2:] == ["docs-admins", "docs-owners"]


def test_teams_of_one_name_in_two_organizations_have_these_beside_their_names() -> None:
    """Rule 2.4; an organization may also stand with others in one file."""
    one, two = "one: {teams: {bots: {members: []}, Other: }}", "two: {teams: {Bots: {teams: {x: }}}}"
    both = f"orgs:\n  {one}\n  {two}\n"
    found = read(SOURCE, Given("orgs.yaml", both))
    assert [one["group"] for one in of(found, "group")] == ["bots (one)", "Other", "Bots (two)", "x"]
    assert of(found, "entry") == [{"group": "Bots (two)", "subgroup": "x"}]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [x, x]\nteams: *a\n", "Line 2 is an alias, which is not read."),
        ("teams:\n  x: " + "[" * 60 + "]" * 60, "Line 2 is nested too deeply."),
        ("teams:\n  x: {}\n  x: {}\n", "“x” stands twice, in line 3 again."),
        ("teams:\n  ? [a]\n  : b\n", "The key in line 2 is no text."),
        ("teams:\n  - x\n y: z\n", "org.yaml is no YAML from line 3 on."),
        ("teams: !!python/object/apply:os.system [x]\n", ""),
    ],
)
def test_what_is_dangerous_or_broken_is_named_and_nothing_else_is_lost(text: str, reason: str) -> None:
    found = read(SOURCE, Given("org.yaml", text), Given("other/org.yaml", "teams:\n  good: {}\n"))
    assert [line.split(": ", 1)[1] for line in problems(found)] == ([reason] if reason else [])
    assert of(found, "group") == [{"group": "good", "kind": "internal"}]


def test_other_yaml_is_not_taken_for_an_organization() -> None:
    assert not SOURCE.recognises(Given("chart.yaml", "apiVersion: v2\nname: teams\n"))
    assert not SOURCE.recognises(Given("people.csv", csv("name,email", "Kim,kim@hanbit.example")))

"""The recursive parts of the organization chart, upwards and downwards, for queries to combine."""

from collections.abc import Iterable

from groupadmin.base.sql import Carry, Part, Sql, listed, recursion, sql


def teams(ids: Iterable[int], carry: Carry = Carry.NOTHING) -> Sql:
    """Starts with these teams."""
    return sql(
        "SELECT {first}id FROM accounts_team WHERE id IN ({ids})", first=carry.first(), ids=listed(ids)
    )


def teams_of_people(people: Iterable[int], carry: Carry = Carry.NOTHING) -> Sql:
    """Starts with the teams that these people are directly in."""
    return sql(
        "SELECT {first}team_id FROM accounts_teammembership WHERE member_id IN ({people})",
        first=carry.first(origin="member_id", moment="since"),
        people=listed(people),
    )


def teams_above(start: Sql, carry: Carry = Carry.NOTHING) -> Part:
    """`team_above`: the teams of `start`, and those above them."""
    return recursion(
        "team_above",
        carry,
        start,
        "SELECT {next}t.parent_id FROM accounts_team t JOIN team_above ON t.id = team_above.id"
        " WHERE t.parent_id IS NOT NULL",
        next=carry.next("team_above", moment="t.moved_at"),
    )


def teams_below(start: Sql, carry: Carry = Carry.NOTHING) -> Part:
    """`team_below`: the teams of `start`, and those below them."""
    return recursion(
        "team_below",
        carry,
        start,
        "SELECT {next}t.id FROM accounts_team t JOIN team_below ON t.parent_id = team_below.id",
        next=carry.next("team_below", moment="t.moved_at"),
    )


# The active people of `team_below`; goes after a SELECT.
PEOPLE_IN_TEAMS = """
    FROM team_below JOIN accounts_teammembership tm ON tm.team_id = team_below.id
    JOIN accounts_member a ON a.id = tm.member_id WHERE a.is_active
"""


def managers_above(member: int) -> Part:
    """`manager_above`: the person's manager, the manager's manager, and so on (rule 1.12)."""
    return recursion(
        "manager_above",
        Carry.NOTHING,
        Sql("SELECT manager_id FROM accounts_member WHERE id = %s AND manager_id IS NOT NULL", (member,)),
        "SELECT m.manager_id FROM accounts_member m JOIN manager_above ON m.id = manager_above.id"
        " WHERE m.manager_id IS NOT NULL",
    )

"""The recursive parts of membership (rule 2.10), each written once; other modules here combine them.

    upwards     people → team_above → group_above      which groups somebody is in
    downwards   groups → group_inside → team_below → person      who is in a group

The organization chart parts are in accounts.tree_sql.
"""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from accounts.tree_sql import teams_above, teams_below, teams_of_people
from groupadmin.base.sql import Carry, Part, Sql, listed, recursion, sql
from groups.models import Group

# PostgreSQL expects a hundred times the rows that our recursions give, and would read all groups instead of
# looking up these few. An always true condition lowers its estimate.
FEW = "id %% 1 = 0"

NOT_HIDDEN = "NOT IN (SELECT id FROM hidden)"


def groups(ids: Iterable[int], carry: Carry = Carry.NOTHING) -> Sql:
    """These groups, to start with."""
    return sql("SELECT {first}id FROM groups_group WHERE id IN ({ids})", first=carry.first(), ids=listed(ids))


def groups_inside(start: Sql, carry: Carry = Carry.NOTHING, *, not_through: Collection[int] = ()) -> Part:
    """`group_inside`: the groups to start with, and those they contain; except some, and what only
    those contain.
    """
    return recursion(
        "group_inside",
        carry,
        start,
        "SELECT {next}m.subgroup_id"
        " FROM groups_membership m JOIN group_inside ON m.group_id = group_inside.id"
        " WHERE m.subgroup_id IS NOT NULL{passable}",
        next=carry.next("group_inside", moment="m.added_at"),
        passable=sql(" AND m.subgroup_id NOT IN ({ids})", ids=listed(not_through)) if not_through else "",
    )


def groups_above(start: Sql, carry: Carry = Carry.NOTHING, *, past_hidden: bool = True) -> Part:
    """`group_above`: the groups to start with, and those that contain them; with `past_hidden`, also
    through the part `hidden`.
    """
    return recursion(
        "group_above",
        carry,
        start,
        "SELECT {next}m.group_id"
        " FROM groups_membership m JOIN group_above ON m.subgroup_id = group_above.id{passable}",
        next=carry.next("group_above", moment="m.added_at"),
        passable="" if past_hidden else f" WHERE group_above.id {NOT_HIDDEN}",
    )


def groups_with_teams(carry: Carry = Carry.NOTHING) -> Sql:
    """The groups that one of `team_above` is entered in."""
    return sql(
        "SELECT {next}m.group_id FROM groups_membership m JOIN team_above ON m.team_id = team_above.id",
        next=carry.next("team_above", moment="m.added_at"),
    )


def groups_of_people(
    people: Collection[int], carry: Carry = Carry.NOTHING, *, past_hidden: bool = True
) -> tuple[Part, Part]:
    """`group_above` of people: the groups they or their teams are entered in, and those above."""
    entered = sql(
        "SELECT {first}group_id FROM groups_membership WHERE member_id IN ({people}) UNION {with_teams}",
        first=carry.first(origin="member_id", moment="added_at"),
        people=listed(people),
        with_teams=groups_with_teams(carry),
    )
    return (
        teams_above(teams_of_people(people, carry), carry),
        groups_above(entered, carry, past_hidden=past_hidden),
    )


def entered(name: str, what: str) -> Part:
    """The members or teams entered in each of `group_inside`, under the group it started from."""
    return Part(
        name,
        "origin, id",
        Sql(
            f"SELECT DISTINCT group_inside.origin, m.{what}_id"  # noqa: S608
            " FROM groups_membership m JOIN group_inside ON m.group_id = group_inside.id"
            f" WHERE m.{what}_id IS NOT NULL"
        ),
    )


def people_of_groups(roots: Collection[int], *, not_through: Collection[int] = ()) -> tuple[Part, ...]:
    """`person`: the people of groups, each under the group (the origin) that was asked about."""
    return people_below(groups(roots, Carry.ORIGIN), not_through=not_through)


def people_below(start: Sql, *, not_through: Collection[int] = ()) -> tuple[Part, ...]:
    """`person`, for groups that `start` gives as rows of origin and id."""
    return (
        groups_inside(start, Carry.ORIGIN, not_through=not_through),
        entered("entered_team", "team"),
        entered("entered_member", "member"),
        teams_below(Sql("SELECT origin, id FROM entered_team"), Carry.ORIGIN),
        Part(
            "person",
            "origin, id",
            Sql(
                "SELECT origin, id FROM entered_member UNION"
                " SELECT team_below.origin, tm.member_id"
                " FROM accounts_teammembership tm JOIN team_below ON tm.team_id = team_below.id"
            ),
        ),
    )


def hidden(found: QuerySet[Group]) -> Part:
    """`hidden`: groups the viewer may not see; paths through them do not count (rule 2.21)."""
    text, values = found.order_by().values("pk").query.sql_with_params()
    return Part("hidden", "id", Sql(text, values))

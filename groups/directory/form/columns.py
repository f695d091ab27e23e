"""The columns of "groupadmin directory, version 1"; reading, writing, template, docs follow (rule 10.1)."""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.directory.records import Kind
from groups.models.switches import SWITCHES

from .definition import Column, Spread, Table, Type

FORM = "groupadmin directory"
VERSION = 1
EXAMPLE = "An example: this row is not read"
EXAMPLE_DOMAIN = "@example.com"
"""One of these stands in each example row of the template; whoever leaves it in brings nothing by it."""

_ID = _("The ID that another system knows it by.")
_SOURCE = _("The system that it comes from; empty if it was made by hand.")


def _id(name: str, help: str | Promise = _ID, *, field: str = "", is_written: bool = False) -> Column:
    return Column(name, help, field=field, is_written=is_written)


def _source() -> Column:
    return Column("source", _SOURCE, telling=0)


_GROUP = Column("group", _("The group's name."), "Robotics", telling=2)
_GROUP_ID = _id("group_id", _("Instead of the name: the group's external ID."))
_MEMBER = Column("member", _("A person's email address."), "minsu.kim@example.com")
_MEMBER_ID = _id("member_id", _("Instead of the address: the person's external ID."))
_TEAM = Column("team", _("A team's path from the top."))
_TEAM_ID = _id("team_id", _("Instead of the path: the team's external ID."))
_SUBGROUP = Column("subgroup", _("The name of another group."))
_SUBGROUP_ID = _id("subgroup_id", _("Instead of the name: that group's external ID."))
_THING = Column(
    "thing",
    _("A member, team or group, where it is not said which: an address, a team's path or a group's name."),
    is_written=False,
)
_NAMING = (_MEMBER, _TEAM, _SUBGROUP, _MEMBER_ID, _TEAM_ID, _SUBGROUP_ID, _THING)
_ANY_THING = ("member", "team", "subgroup", "member_id", "team_id", "subgroup_id", "thing")
_WHO_CAN_SEND = Column(
    "who_can_send",
    _("Who can send to the list."),
    "everyone",
    Type.CHOICE,
    choices=("everyone", "designated"),
)
_BLOCKS = Column(
    "blocks_external_domains", _("Whether email of external domains is blocked."), "no", Type.FLAG
)
_ALIASES = Column("aliases", _("Further addresses."), type=Type.TEXTS)


def _list(name: str, help: str | Promise, type: Type, spread: Spread) -> Column:
    return Column(name, help, type=type, spread=spread, is_written=False)


TEAMS = Table(
    "teams",
    Kind.TEAM,
    _("Teams, each by its path from the top of the chart."),
    (
        Column("team", _("The path, with “ / ” between the names."), "Sales / Europe"),
        _id("external_id", field="id", is_written=True),
        _source(),
        Column("description", _("What the team does."), EXAMPLE),
        Column("address", _("The address that email to the team goes to."), "sales@example.com"),
        Column(
            "parent",
            _("The path of the team above, where “team” has only the team's own name."),
            is_written=False,
        ),
        _list("members", _("Who is in the team."), Type.PEOPLE, Spread(Kind.PLACE, "member", "team")),
    ),
    keys=(("team", "external_id"),),
)

MEMBERS = Table(
    "members",
    Kind.MEMBER,
    _("People, each with the address they sign in with."),
    (
        Column(
            "email",
            _("The address to sign in with."),
            "minsu.kim@example.com",
            field="member",
            telling=2,
        ),
        Column("name", _("Without one, the person is called by their address."), "Kim Minsu"),
        Column("given_name", _("Part of the name, where it stands in two columns."), is_written=False),
        Column("family_name", _("Part of the name, where it stands in two columns."), is_written=False),
        _id("external_id", field="id", is_written=True),
        _source(),
        _ALIASES,
        Column("administrator", _("Whether they administer the company."), "no", Type.FLAG, telling=2),
        Column("may_connect", _("Whether they may connect with other companies."), "no", Type.FLAG),
        Column("active", _("Whether they are; empty if their first and last day say it."), "yes", Type.FLAG),
        Column(
            "inactive",
            _("“active” the other way round."),
            type=Type.FLAG,
            field="active",
            is_written=False,
            inverts=True,
        ),
        Column("employee_number", _("Their number."), "00123", telling=2),
        Column("job_title", _("What they are."), "Engineer"),
        Column("site", _("Where they work."), "Seoul"),
        Column("phone", _("Their telephone number."), "+82 2 555 0100"),
        Column("manager", _("Whom they report to: an email address."), "jane.doe@example.com"),
        _id("manager_id", _("Instead of the address: that person's external ID.")),
        Column("starts_on", _("The first day of employment."), "2024-03-01", Type.DAY, telling=2),
        Column("ends_on", _("The last day of employment."), "", Type.DAY, telling=2),
        Column("nickname", _("How they are called."), EXAMPLE),
        Column("reading", _("How the name is read.")),
        Column("language", _("The language of their pages, as “ko” or “en”."), "ko"),
        Column("time_zone", _("Their time zone, as “Asia/Seoul”."), "Asia/Seoul"),
        _list("teams", _("The teams they are in."), Type.NAMES, Spread(Kind.PLACE, "team", "member")),
        _list("groups", _("The groups they are in."), Type.NAMES, Spread(Kind.ENTRY, "group", "member")),
    ),
    keys=(("email", "external_id"),),
)

PLACES = Table(
    "places",
    Kind.PLACE,
    _("Who is in which team."),
    (replace(_TEAM, example="Sales / Europe"), _MEMBER, _source(), _TEAM_ID, _MEMBER_ID),
    keys=(("team", "team_id"), ("member", "member_id")),
)

_VISIBILITY = ("public", "private")
_SWITCH_NAMES = {"is_visible": "visibility", "uses_mailing_list": "mailing_list"}


def _switches() -> tuple[Column, ...]:
    """What can be switched on and off in a group, as groups.models.switches has it."""
    return tuple(
        Column(
            _SWITCH_NAMES.get(switch.name, switch.name),
            switch.help_text,
            "public" if switch.name == "is_visible" else "yes",
            Type.FLAG,
            field=switch.name,
            choices=_VISIBILITY if switch.name == "is_visible" else (),
        )
        for switch in SWITCHES
    )


GROUPS = Table(
    "groups",
    Kind.GROUP,
    _("Groups and their switches."),
    (
        Column("name", _("The group's name."), "Robotics", field="group"),
        _id("external_id", field="id", is_written=True),
        _source(),
        Column(
            "kind",
            _("Whether people of other companies can be in it."),
            "internal",
            Type.CHOICE,
            choices=("internal", "external"),
            telling=2,
        ),
        Column("description", _("What the group is for."), EXAMPLE),
        *_switches(),
        Column(
            "incomplete",
            _("Whether it comes in although nobody runs it or is in it."),
            "no",
            Type.FLAG,
            telling=0,
        ),
        Column(
            "private",
            _("“visibility” the other way round."),
            type=Type.FLAG,
            field="is_visible",
            is_written=False,
            inverts=True,
        ),
        _list("masters", _("Who runs the group."), Type.PEOPLE, Spread(Kind.MASTER, "member", "group")),
        Column(
            "default_master", _("Who runs the group if nobody else does: an email address."), is_written=False
        ),
        _list("members", _("Who is in the group."), Type.THINGS, Spread(Kind.ENTRY, "thing", "group")),
        _list("teams", _("Teams in the group."), Type.NAMES, Spread(Kind.ENTRY, "team", "group")),
        _list(
            "subgroups", _("Other groups in the group."), Type.NAMES, Spread(Kind.ENTRY, "subgroup", "group")
        ),
        _list(
            "parents", _("Groups that the group is in."), Type.NAMES, Spread(Kind.ENTRY, "group", "subgroup")
        ),
        Column("address", _("The mailing list's address; with one, the list is on."), is_written=False),
        Column(
            "list_aliases", _("Further addresses of the mailing list."), type=Type.TEXTS, is_written=False
        ),
        Column(_BLOCKS.name, _BLOCKS.help, type=Type.FLAG, is_written=False),
        Column(
            _WHO_CAN_SEND.name,
            _WHO_CAN_SEND.help,
            type=Type.CHOICE,
            choices=_WHO_CAN_SEND.choices,
            is_written=False,
        ),
        _list(
            "senders",
            _("Who is designated to send to the list."),
            Type.THINGS,
            Spread(Kind.SENDER, "thing", "group", (("purpose", "to"),)),
        ),
        _list(
            "send_as",
            _("Who is designated to send as the list."),
            Type.THINGS,
            Spread(Kind.SENDER, "thing", "group", (("purpose", "as"),)),
        ),
        _list(
            "contacts",
            _("Outside addresses that get the list's mail."),
            Type.PAIRS,
            Spread(Kind.CONTACT, "email", "group"),
        ),
    ),
    keys=(("name", "external_id"),),
)

MASTERS = Table(
    "masters",
    Kind.MASTER,
    _("Who runs which group."),
    (_GROUP, _MEMBER, _source(), _GROUP_ID, _MEMBER_ID),
    keys=(("group", "group_id"), ("member", "member_id")),
)

ENTRIES = Table(
    "entries",
    Kind.ENTRY,
    _("What is in which group: in each row a member, a team, or another group."),
    (
        _GROUP,
        _MEMBER,
        _TEAM,
        _SUBGROUP,
        _source(),
        _GROUP_ID,
        *_NAMING[3:],
        Column(
            "role",
            _("“member”; “owner” and “manager” are also masters; “master” is only that."),
            "member",
            is_written=False,
            telling=3,
        ),
    ),
    keys=(("group", "group_id"), _ANY_THING),
)

LISTS = Table(
    "lists",
    Kind.LIST,
    _("Mailing lists of groups, and their rules."),
    (
        _GROUP,
        Column("address", _("The list's address."), "robotics@example.com", telling=2),
        _ALIASES,
        _BLOCKS,
        _WHO_CAN_SEND,
        _GROUP_ID,
    ),
    keys=(("group", "group_id"), ("address",)),
)

SENDERS = Table(
    "senders",
    Kind.SENDER,
    _("Who is designated to send to a list, or as it: in each row a member, a team, or a group."),
    (
        _GROUP,
        Column(
            "purpose",
            _("“to” the list, or “as” the list."),
            "to",
            Type.CHOICE,
            choices=("to", "as"),
            telling=3,
        ),
        _MEMBER,
        _TEAM,
        _SUBGROUP,
        _GROUP_ID,
        *_NAMING[3:],
    ),
    keys=(("group", "group_id"), ("purpose",), _ANY_THING),
)

CONTACTS = Table(
    "contacts",
    Kind.CONTACT,
    _("Outside addresses that get the mail of a list."),
    (
        _GROUP,
        Column("email", _("The outside address."), "partner@example.com"),
        Column("name", _("Whose it is."), "Pat Partner"),
        _GROUP_ID,
    ),
    keys=(("group", "group_id"), ("email",)),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (MEMBERS, GROUPS, TEAMS, PLACES, MASTERS, ENTRIES, LISTS, SENDERS, CONTACTS)
}
OF_KIND: Mapping[Kind, Table] = {table.kind: table for table in TABLES.values()}

"""What a directory is made of: one record for each thing, whatever file or system it comes from (rule 10.1).

Readers give records in any order; what one record names may come in a later one. A record says only what its
source says: a field that is absent stays as it is, one that is empty is emptied.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

TEAM_SEPARATOR = " / "
"""Between the names of a team's path from the top: no name of a team has a slash (rule 1.3)."""


class Kind(StrEnum):
    """What a record is about, in the order in which they are brought in."""

    TEAM = "team"
    MEMBER = "member"
    PLACE = "place"
    """A person's place in a team."""
    GROUP = "group"
    MASTER = "master"
    ENTRY = "entry"
    """A member, team or group in a group."""
    LIST = "list"
    SENDER = "sender"
    """Somebody designated to send to a list or as it."""
    CONTACT = "contact"
    """An external contact of a list."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing, and where it stood. `values` has the fields below, as text, bool, date or list of text.

        team     team (its path), id, description, address
        member   member (email address), id, name, and what accounts.models.Member carries: aliases (list),
                 administrator, may_connect, active, employee_number, job_title, site, phone,
                 manager (email address), starts_on, ends_on, nickname, reading, language, time_zone
        place    team, member
        group    group (its name), id, kind ("internal", "external"), description, the switches of
                 groups.models.switches by their names, and incomplete: whether it comes although nobody
                 runs it or is in it
        master   group, member
        entry    group, and one of member, team, subgroup
        list     group, address, aliases (list), blocks_external_domains, and who_can_send ("everyone",
                 "designated")
        sender   group, purpose ("to", "as"), and one of member, team, subgroup
        contact  group, email, name

    Wherever a thing is named, its external id may stand instead or besides: member_id, team_id, group_id,
    subgroup_id, manager_id (rule 10.4). An entry or sender that only says `thing` is found by its looks:
    an address is a person's, a team's or a list's, else a team's path or a group's name.

    An address of a person that ends with its @ is one at the company's primary domain: some systems write
    only what stands before it (groups.directory.sources.own_domain).

    What manages mailing lists knows addresses only. Its entries, masters and senders say `subscriber` (an
    address) and perhaps `name` and, if no mail is sent to it, `receives` (false), its lists `also_known_as`
    (addresses at any domains); groups.directory.sources.subscribers makes of them what they are in the
    company.
    """

    kind: Kind
    values: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that says nothing that can be understood, and why: it is refused, the others are not."""

    reason: str
    name: str = ""
    file: str = ""
    row: int = 0
    is_foreign: bool = False
    """It was understood, but has no counterpart here, such as a moderator: left out, and no difference."""

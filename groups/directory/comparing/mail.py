"""Who would get a mail to each list, in the source and here (rules 4.3, 10.8)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

from accounts.models import Address, Company, Member
from accounts.models.address import as_stored
from groups.directory.imports import keys
from groups.directory.records import Kind, Record
from groups.mail.outgoing.recipients import Receiving, receiving, recipients
from groups.membership import effective
from groups.models import MailingList, list_at

LISTS_AT_ONCE = 500
ADDRESSES_AT_ONCE = 5_000
REASONS_LIMIT = 200
"""For so many people it is said why they get nothing here."""

Team = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailDifference:
    """A list whose mail other people get here than in the source."""

    address: str
    there: int
    """How many get it in the source."""
    here: int
    only_there: list[str]
    only_here: list[str]
    is_list: bool = True
    """Whether there is such a list here."""
    why: dict[str, Receiving] = field(default_factory=dict)
    """Why members get nothing here."""


@dataclass(slots=True)
class _Inside:
    """What is in a group of the source, as far as mail is sent to it."""

    people: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    teams: set[Team] = field(default_factory=set)
    things: set[str] = field(default_factory=set)


class SourceMail:
    """Notes the records of a source, and then says who gets the mail of its lists."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._groups: dict[str, _Inside] = defaultdict(_Inside)
        self._group_ids: dict[str, str] = {}
        self._team_ids: dict[str, Team] = {}
        self._team_addresses: dict[str, Team] = {}
        self._people_ids: dict[str, str] = {}
        self._people_in: dict[Team, set[str]] = defaultdict(set)
        self._inactive: set[str] = set()

    def note(self, record: Record) -> None:
        """Takes what the record says about mail."""
        match record.kind:
            case Kind.GROUP | Kind.TEAM | Kind.MEMBER:
                self._note_thing(record)
            case Kind.PLACE:
                self._people_in[self._team(record)].add(self._person(record))
            case Kind.LIST:
                if address := record.values.get("address"):
                    self._addresses[as_stored(address)] = self._group(record)
            case Kind.ENTRY | Kind.CONTACT if record.values.get("receives", True):
                self._note_entry(record)
            case _:
                pass

    def lists(self) -> Iterator[str]:
        """The addresses of the lists."""
        return iter(self._addresses)

    def recipients(self, address: str) -> tuple[set[str], set[str]]:
        """Who gets the mail of a list, and addresses that are no person's nor list's of the source."""
        people: set[str] = set()
        others: set[str] = set()
        met: set[str] = set()
        remaining = [self._addresses[address]]
        while remaining:
            group = self._resolved(remaining.pop())
            if group in met:
                continue
            met.add(group)
            inside = self._groups.get(group, _Inside())
            people |= {self._people_ids.get(one, one) for one in inside.people} - self._inactive
            people |= inside.contacts
            for team in inside.teams:
                people |= self._people_of(team)
            remaining += inside.groups
            for thing in inside.things:
                if (named := self._addresses.get(as_stored(thing))) is not None:
                    remaining.append(named)
                elif (at := self._team_addresses.get(as_stored(thing))) is not None:
                    people |= self._people_of(at)
                elif "@" in thing:
                    others.add(as_stored(thing))
                else:
                    people |= self._people_of(_team_of(thing))
                    remaining.append(keys.group(thing))
        return people, others

    def _note_thing(self, record: Record) -> None:
        values = record.values
        if record.kind is Kind.GROUP:
            if values.get("id"):
                self._group_ids[keys.external_id("group", values["id"])] = self._group(record)
        elif record.kind is Kind.TEAM:
            team = _team_of(values.get("team", ""))
            if values.get("id"):
                self._team_ids[values["id"]] = team
            if values.get("address"):
                self._team_addresses[as_stored(values["address"])] = team
        else:
            email = keys.clean_email(values.get("member", ""))
            if values.get("id"):
                self._people_ids[keys.external_id("member", values["id"])] = email
            if values.get("active") is False:
                self._inactive.add(email)

    def _note_entry(self, record: Record) -> None:
        values, inside = record.values, self._groups[self._group(record)]
        if record.kind is Kind.CONTACT:
            inside.contacts.add(as_stored(values.get("email", "")))
        elif values.get("member") or values.get("member_id"):
            inside.people.add(self._person(record))
        elif values.get("subgroup"):
            inside.groups.add(keys.group(values["subgroup"]))
        elif values.get("subgroup_id"):
            inside.groups.add(keys.external_id("group", values["subgroup_id"]))
        elif values.get("team") or values.get("team_id"):
            inside.teams.add(self._team(record))
        elif values.get("thing"):
            inside.things.add(str(values["thing"]))

    def _group(self, record: Record) -> str:
        values = record.values
        return (
            keys.group(values["group"])
            if values.get("group")
            else keys.external_id("group", values["group_id"])
        )

    def _resolved(self, group: str) -> str:
        return self._group_ids.get(group, group)

    def _person(self, record: Record) -> str:
        values = record.values
        if values.get("member"):
            return keys.clean_email(values["member"])
        return keys.external_id("member", values.get("member_id", ""))

    def _team(self, record: Record) -> Team:
        values = record.values
        if values.get("team"):
            return _team_of(values["team"])
        return self._team_ids.get(values.get("team_id", ""), ("#", values.get("team_id", "")))

    def _people_of(self, team: Team) -> set[str]:
        """The people of a team and of those below it."""
        if team[:1] == ("#",):
            team = self._team_ids.get(team[1], team)
        below = (people for path, people in self._people_in.items() if path[: len(team)] == team)
        found = {self._people_ids.get(one, one) for people in below for one in people} if team else set()
        return found - self._inactive


def _team_of(path: str) -> Team:
    return tuple(keys.group(part) for part in keys.team_parts(path))


def differences(source: SourceMail, company: Company) -> Iterator[MailDifference]:
    """The lists whose mail would not reach the same people."""
    explained = 0
    remaining = iter(source.lists())
    while addresses := list(islice(remaining, LISTS_AT_ONCE)):
        found = MailingList.objects.filter(
            address__email__in=addresses, group__company=company, group__uses_mailing_list=True
        )
        ours = {str(one): one for one in found.select_related("address", "group")}
        for address in addresses:
            there = _there(source, address, company)
            if (
                difference := _difference(address, there, ours.get(address), REASONS_LIMIT - explained)
            ) is None:
                continue
            explained += len(difference.why)
            yield difference


def _there(source: SourceMail, address: str, company: Company) -> set[str]:
    """Who gets the list's mail there; what leads to a group or team of ours leads to its people."""
    people, others = source.recipients(address)
    if others:
        own = Address.objects.filter(email__in=others, domain__company=company)
        known = {
            one.email: one
            for one in own.select_related("mailing_list__group", "list_alias__mailing_list__group", "team")
        }
        people |= others - known.keys()
        for email, one in known.items():
            people |= _behind(one, email)
    return people


def _behind(address: Address, email: str) -> set[str]:
    if (mailing_list := list_at(address)) is not None:
        return set(effective.people_of(mailing_list.group).values_list("email", flat=True))
    if address.kind == Address.Kind.TEAM:
        ids = effective.people_ids_within((), (address.team.pk,), ())
        return set(Member.objects.active().filter(pk__in=ids).values_list("email", flat=True))
    return {email}


def _difference(
    address: str, there: set[str], mailing_list: MailingList | None, to_explain: int
) -> MailDifference | None:
    if mailing_list is None:
        return MailDifference(address, len(there), 0, sorted(there), [], is_list=False) if there else None
    found = recipients(mailing_list)
    here = {*found.members, *found.contacts}
    there = _by_first_address(there, here)
    if there == here:
        return None
    only_there = sorted(there - here)
    return MailDifference(
        address,
        len(there),
        len(here),
        only_there,
        sorted(here - there),
        why=_why(mailing_list, only_there[: max(0, to_explain)]),
    )


def _by_first_address(there: set[str], here: Collection[str]) -> set[str]:
    """Whoever is subscribed by one of their other addresses gets mail at their first one here."""
    unknown = sorted(there.difference(here))
    firsts: dict[str, str] = {}
    for start in range(0, len(unknown), ADDRESSES_AT_ONCE):
        aliases = Address.objects.filter(
            email__in=unknown[start : start + ADDRESSES_AT_ONCE], kind=Address.Kind.ALIAS
        )
        firsts.update(
            (email, first)
            for email, first in aliases.values_list("email", "member__email")
            if first is not None
        )
    return (there - firsts.keys()) | set(firsts.values())


def _why(mailing_list: MailingList, emails: list[str]) -> dict[str, Receiving]:
    people = Member.objects.filter(email__in=emails, company_id=mailing_list.group.company_id)
    return {person.email: receiving(mailing_list, person) for person in people}

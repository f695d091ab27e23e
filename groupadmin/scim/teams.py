"""Teams as resources of a kind of our own (rules 1.3, 11.2)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.actions.origin import check_own
from accounts.actions.teams import (
    TeamSettings,
    add_team,
    delete_team,
    move_team,
    set_team_people,
    update_team,
)
from accounts.actor import Refused
from accounts.models import Team, TeamMembership
from groupadmin.base.text import fold

from .addresses import Addresses
from .bodies import Document
from .clients import Client
from .columns import NOBODY, Column, Many, OneOf, Text, refers
from .dialects import has, value_of, without
from .errors import invalid
from .fields import Fields
from .filters import Columns
from .kinds import Resources, keep_id
from .membership import Change, Refs, change_of, refs_in, values_of
from .refs import Kind, Ref, numbers, pk_of
from .schemas import FullTeam
from .users import gone

SUBS = ("value", "$ref", "type", "display")
SHOWN_AFTER_CHANGE = 200


class Teams(Resources):
    """The company's organization chart."""

    kind = Kind.TEAM
    model = FullTeam
    rows_of = Team

    def rows(self, client: Client) -> QuerySet[Team]:
        own = Team.objects.filter(company=client.company.pk)
        return own.select_related("company", "address__domain", "parent")

    def columns(self, client: Client) -> Columns:
        columns: dict[str, Column | Many] = {
            "displayname": Text("name_folded", folds=fold),
            "description": Text("description"),
            "parent.value": refers(team="parent"),
            "address": Text("address__email", equals=lambda value: _has_address(client, value)),
            "email": Text("address__email"),
            "members": Many(_places, "team", MEMBER),
        }
        return self.common_columns(client) | columns

    # Reading

    def documents(self, client: Client, things: Sequence[Team], fields: Fields) -> list[Document]:
        addresses = Addresses.of(client.company)
        documents = [fields.dump(self.resource(client, team, addresses)) for team in things]
        if subs := fields.subs_of("members", SUBS):
            rows = _places(client).filter(team__in=[team.pk for team in things]).order_by("team", "pk")
            found: dict[int, list[tuple[Ref, str]]] = defaultdict(list)
            names = ("member__name",) if "display" in subs else ()
            for team, member, *named in rows.values_list("team", "member", *names):
                found[team].append((Ref(Kind.USER, member), named[0] if named else ""))
            for one, document in zip(things, documents, strict=True):
                if found[one.pk]:
                    document["members"] = values_of(client.base, found[one.pk], subs)
        return documents

    def resource(self, client: Client, team: Team, addresses: Addresses) -> Any:
        """The team as the client reads it, but for its members."""
        address = str(team.address) if team.address else ""
        parent = f"{Kind.TEAM}-{team.parent_id}" if team.parent_id else ""
        return FullTeam(
            **self.basics(client, team),
            display_name=team.name,
            description=team.description or None,
            parent={"value": parent, "ref": f"{client.base}/Teams/{parent}"} if parent else None,
            address=addresses.short(address) or None,
            email=address or None,
        )

    def shown_after_change(self, thing: Team, fields: Fields) -> bool:
        if fields.are_named or not fields.subs_of("members", SUBS):
            return True
        return len(thing.memberships.values("pk")[: SHOWN_AFTER_CHANGE + 1]) <= SHOWN_AFTER_CHANGE

    # Writing

    def create(self, client: Client, document: Document) -> Team:
        wanted = self.parsed(without(document, "members"))
        people = _people(refs_in(value_of(document, "members")))
        settings = _settings(wanted, Addresses.of(client.company))
        team = add_team(client.company, settings, self._parent(client, wanted), actor=client.actor)
        if people:
            team = set_team_people(team, people, frozenset(), actor=client.actor)
        keep_id(client, team, wanted.external_id)
        return self.again(client, team)

    def replace(self, client: Client, thing: Team, document: Document) -> Team:
        before = self.resource(client, thing, Addresses.of(client.company))
        after = self.parsed(without(document, "members"))
        after.replace(before)
        change = (
            Change(exactly=refs_in(value_of(document, "members"))) if has(document, "members") else Change()
        )
        return self._save(client, thing, before, after, change)

    def patch(self, client: Client, thing: Team, operations: list[Document]) -> Team:
        before = self.resource(client, thing, Addresses.of(client.company))
        change, others = change_of(operations, self.model, lambda: self._present(thing))
        return self._save(client, thing, before, self.patched(before, others), change)

    def delete(self, client: Client, thing: Team) -> None:
        if thing.source != client.source:
            raise Refused(
                "team.delete", _("Your system did not bring this team, so it cannot delete it."), target=thing
            )
        delete_team(thing, actor=client.actor)

    def _present(self, team: Team) -> Refs:
        rows = team.memberships.values_list("member", flat=True)
        return frozenset(Ref(Kind.USER, pk) for pk in rows)

    def _parent(self, client: Client, wanted: Any) -> Team | None:
        """The team above. Raises Failure if it is not there."""
        if wanted.parent is None or not wanted.parent.value:
            return None
        pk = pk_of(wanted.parent.value, Kind.TEAM)
        parent = self.rows(client).filter(pk=pk).first() if pk else None
        if parent is None:
            raise invalid(_("There is no such parent team."))
        return parent

    def _save(self, client: Client, team: Team, before: Any, wanted: Any, change: Change) -> Team:
        """Makes the team what is wanted. Every step changes nothing if there is nothing to change."""
        actor = client.actor
        check_own(team, "team.update", actor)
        addresses = Addresses.of(client.company)
        settings = _settings(wanted, addresses)
        if settings != TeamSettings.of(team):
            team = update_team(team, settings, actor=actor)
        parent = self._parent(client, wanted)
        if (parent and parent.pk) != team.parent_id:
            team = move_team(team, parent, actor=actor)
        if change.exactly is not None:
            wanted_people = _people(change.exactly)
            brought = frozenset(
                team.memberships.filter(source=client.source).values_list("member", flat=True)
            )
            team = set_team_people(team, wanted_people, brought - wanted_people, actor=actor)
        elif change:
            team = set_team_people(team, _people(change.added), _people(change.removed), actor=actor)
        keep_id(client, team, wanted.external_id)
        return self.again(client, team)


def _settings(wanted: Any, addresses: Addresses) -> TeamSettings:
    address = (wanted.address or "").strip()
    local_part, domain = addresses.whole(address) if address else ("", None)
    return TeamSettings(wanted.display_name or "", wanted.description or "", local_part, domain)


def _people(refs: Refs) -> frozenset[int]:
    """Their numbers. Raises Failure for teams and groups, which cannot be in a team."""
    if any(ref.kind is not Kind.USER for ref in refs):
        raise invalid(_("Only users can be members of a team."))
    return numbers(refs, Kind.USER)


def _places(client: Client) -> QuerySet[Any, Any]:
    own = TeamMembership.objects.filter(team__company=client.company.pk)
    return own.exclude(member__in=gone(client))


MEMBER = {"value": refers(user="member"), "type": OneOf("pk", (("user", Q()),))}


def _has_address(client: Client, value: str) -> Q:
    local_part, domain = Addresses.of(client.company).whole(value)
    return Q(address__local_part=local_part, address__domain=domain) if domain else NOBODY

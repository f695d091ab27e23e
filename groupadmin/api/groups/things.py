"""How bodies name people, teams and groups, and the ids that they mean."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import Field

from accounts.models import Address, Member, Team
from accounts.models.address import as_stored
from groupadmin.base.ids import parse_id
from groupadmin.base.text import clean_line, isolated
from groups.entries import Entries
from groups.models import Group
from groups.permissions import visible_groups

from ..callers import Call
from ..fields import Id, In, Text, external_ref
from ..problems import invalid

MOST_AT_ONCE = 100_000
"""So many people, teams or groups a request names at most."""

RefText = Annotated[
    Text, Field(max_length=400, json_schema_extra={"examples": ["ext:hr:E-1017", "jane@example.com"]})
]
ThingIn = Annotated[
    Id | RefText,
    Field(description="An id, or `ext:SOURCE:ID` for administrators; of people also an address."),
]
Things = Annotated[list[ThingIn], Field(max_length=MOST_AT_ONCE)]


class EntriesIn(In):
    """People, teams and groups."""

    members: Things = []
    teams: Things = []
    groups: Things = []


def entries_of(call: Call, sent: EntriesIn, field: str) -> Entries:
    """The ids that are meant. Raises Problem for what is not there; actions decide what may be chosen."""
    return Entries(
        people_of(call, sent.members, _within(field, "members")),
        _ids(Team.objects.filter(company=call.company), sent.teams, _within(field, "teams"), call),
        _ids(_groups(call), sent.groups, _within(field, "groups"), call),
    )


def _within(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def people_of(call: Call, sent: Sequence[int | str], field: str) -> frozenset[int]:
    """The ids of the people who are meant, also by address: of the caller's company (rule 6.4)."""
    addresses = {ref: as_stored(ref) for ref in sent if isinstance(ref, str) and _is_address(ref)}
    found = _ids(
        Member.objects.filter(company=call.company),
        [ref for ref in sent if ref not in addresses],
        field,
        call,
    )
    if not addresses:
        return found
    owners = Address.objects.filter(email__in=addresses.values(), member__company=call.company)
    owner_of = dict(owners.values_list("email", "member_id"))
    for ref, email in addresses.items():
        if email not in owner_of:
            raise _unknown(field, ref)
    return found | frozenset(pk for pk in owner_of.values() if pk is not None)


def _is_address(ref: str) -> bool:
    return "@" in ref and not ref.startswith("ext:")


def _groups(call: Call) -> QuerySet[Group]:
    return visible_groups(call.reader).filter(company=call.company)


def _ids(rows: QuerySet[Any], sent: Sequence[int | str], field: str, call: Call) -> frozenset[int]:
    """In at most one query. Ids are not looked up here: actions say what may not be chosen."""
    ids: set[int] = set()
    external: dict[tuple[str, str], str] = {}
    for ref in sent:
        pk = parse_id(ref)
        key = external_ref(ref) if isinstance(ref, str) and call.administers else None
        if pk is not None:
            ids.add(pk)
        elif key is not None:
            external[key] = str(ref)
        else:
            raise _unknown(field, str(ref))
    if external:
        named = rows.filter(external_id__in={external_id for _source, external_id in external})
        known = {(source, name): pk for pk, source, name in named.values_list("pk", "source", "external_id")}
        for key, ref in external.items():
            if key not in known:
                raise _unknown(field, ref)
            ids.add(known[key])
    return frozenset(ids)


def _unknown(field: str, ref: str) -> Exception:
    return invalid(
        field, _("There is nothing like this here: %(ref)s") % {"ref": isolated(clean_line(ref)[:100])}
    )

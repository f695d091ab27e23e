"""Lists of groups, of their people and contacts as files, as they are shown and filtered (rules 5.5, 10.11).

Nobody finds in a file what the page does not show them: both ask the same querysets.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.actor import Actor, Refused
from accounts.models import Member, Team
from accounts.permissions import is_foreign, shown_to
from accounts.request import MemberRequest
from accounts.views.downloads import download
from accounts.views.lookups import require_administrator
from groupadmin.base.downloads import in_batches
from groupadmin.base.spreadsheets.writing import Cells
from groups import permissions
from groups.actions.subscriptions import NO_LIST
from groups.listing.query import Scope, Wanted, matching, with_shown
from groups.membership import effective
from groups.membership.reasons import Reasons, reasons_of_member
from groups.models import ExternalContact, Group, Master
from groups.permissions import Act

from .deleted import LATEST_FIRST, days_left, deleted_groups
from .group import (
    BY_DIRECTNESS,
    BY_NAME,
    Entry,
    Person,
    clean_typed,
    entries_found,
    entry_rows,
    people_found,
    people_rows,
)
from .lists import title_of
from .member import groups_found


@require_POST
def list_table(request: MemberRequest) -> HttpResponseBase:
    """One of the lists of groups (rule 5.5)."""
    viewer, given = request.user, request.POST.get("list", "")
    scope = Scope(given) if given in list(Scope) else Scope.ALL
    wanted = Wanted.read(request.POST)
    groups = with_shown(matching(viewer, scope, wanted)).order_by(*wanted.sort.key)
    rows = in_batches(groups, lambda batch: _groups(viewer, batch))
    return download(
        request, "group.download_list", title_of(scope), _group_head, rows, company=viewer.company
    )


@require_POST
def people_table(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Who is in the group, its masters, or its entries (rules 2.10, 2.21)."""
    group = permissions.get_group_for(Actor.of(request), pk, Act.SEE)
    viewer, visible = request.user, permissions.visible_groups(request.user)
    typed, show = clean_typed(request.POST), request.POST.get("show", "")
    if show == "direct":
        entries = entries_found(group, typed, viewer, visible).order_by(*BY_DIRECTNESS)
        rows = in_batches(entries, lambda batch: _entries(entry_rows(group, batch, viewer, visible)))
        return download(request, "group.download_people", group.name, _entry_head, rows, target=group)
    people = people_found(group, show, typed, viewer, visible).order_by(*BY_NAME)
    rows = in_batches(people, lambda batch: _people(people_rows(group, batch, viewer, visible)))
    return download(request, "group.download_people", group.name, _people_head, rows, target=group)


@require_POST
def contacts_table(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The external contacts of the group's mailing list, for those who run it (rule 4.8)."""
    actor = Actor.of(request)
    group = permissions.get_group_for(actor, pk, Act.EDIT)
    if group.mailing_list is None:
        raise Refused(Act.EDIT, NO_LIST, target=group)
    contacts = ExternalContact.objects.filter(mailing_list=group.mailing_list).order_by("email")
    rows = in_batches(contacts, lambda batch: ([one.name, one.email] for one in batch))
    return download(request, "group.download_contacts", group.name, _contact_head, rows, target=group)


@require_POST
def member_groups_table(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The groups that somebody is in, as far as the viewer may know (rules 2.21, 6.4)."""
    viewer = request.user
    person = permissions.get_person_for(viewer, pk)
    visible = permissions.visible_groups(viewer)
    groups = groups_found(person, clean_typed(request.POST), visible)
    ordered = groups.select_related("company", "mailing_list__address__domain").order_by(*BY_NAME)

    def cells(batch: list[Group]) -> Iterator[Cells]:
        why = reasons_of_member(person, batch, visible)
        runs = Master.objects.filter(member=person, group__in=batch)
        run = set(runs.values_list("group_id", flat=True))
        for group in batch:
            company = group.company.name if is_foreign(viewer, group.company_id) else ""
            address = str(group.address or "")
            yield [group.name, address, company, _role(group.pk in run), why_text(why[group.pk])]

    action, rows = "member.download_groups", in_batches(ordered, cells)
    target = person if person.company_id == viewer.company_id else None
    return download(
        request, action, person.name, _belonging_head, rows, target=target, company=viewer.company
    )


@require_POST
def deleted_table(request: MemberRequest) -> HttpResponseBase:
    """The company's recently deleted groups, for administrators (rule 2.17)."""
    _actor, company = require_administrator(request, "group.list_deleted")
    rows = in_batches(deleted_groups(company).order_by(*LATEST_FIRST), _deleted)
    name = _("Recently deleted")
    return download(request, "group.download_list", name, _deleted_head, rows, company=company)


def why_text(reasons: Reasons) -> str:
    """All ways into a group, as the page says them."""
    return "; ".join(_way(path.groups, path.way.teams) for path in reasons.paths)


def _way(groups: Sequence[Group], teams: Sequence[Team]) -> str:
    steps = [_("through group %(name)s") % {"name": group.name} for group in groups]
    if teams:
        steps.append(_("through team %(name)s") % {"name": " / ".join(team.name for team in teams)})
    return ", ".join(steps) or _("directly")


def _role(is_master: bool) -> str:
    return _("Master") if is_master else ""


def _group_head() -> list[str]:
    return [
        *(_("Name"), _("Description"), _("Kind"), _("Visibility"), _("Email address"), _("Company")),
        *(_("Masters"), _("People"), _("Features"), _("Added")),
    ]


def _groups(viewer: Member, groups: list[Group]) -> Iterator[Cells]:
    people, masters = effective.count_people(groups), defaultdict[int, list[str]](list)
    found = Master.objects.active().filter(group__in=groups).select_related("member__company")
    for master in found.order_by("pk"):
        masters[master.group_id].append(_named(viewer, master.member))
    for group in groups:
        yield [
            *(group.name, group.description, str(group.get_kind_display())),
            _("Public") if group.is_visible else _("Private"),
            str(group.address),
            group.company.name if is_foreign(viewer, group.company_id) else "",
            "; ".join(masters[group.pk]),
            people[group.pk],
            ", ".join(str(feature.label) for feature in group.features if group.has(feature)),
            timezone.localtime(group.created_at).date().isoformat(),
        ]


def _named(viewer: Member, person: Member) -> str:
    """With the address, if the viewer may know it (rule 6.4)."""
    email = shown_to(viewer, person).email
    return f"{person.name} <{email}>" if email else person.name


def _people_head() -> list[str]:
    return [_("Name"), _("Email address"), _("Company"), _("Role"), _("Why they are here")]


def _people(people: Iterable[Person]) -> Iterator[Cells]:
    for person in people:
        shown = person.shown
        why = why_text(person.reasons) if person.is_inside else _("Not a member")
        yield [person.member.name, shown.email, shown.company, _role(person.is_master), why]


def _entry_head() -> list[str]:
    return [_("Kind"), _("Name"), _("Email address"), _("Company"), _("Role"), _("People")]


def _entries(entries: Iterable[Entry]) -> Iterator[Cells]:
    for entry in entries:
        if entry.person is not None:
            shown = entry.person.shown
            role = _role(entry.person.is_master)
            yield [_("Person"), entry.person.member.name, shown.email, shown.company, role, 1]
        elif entry.teams:
            yield [_("Team"), " / ".join(team.name for team in entry.teams), "", "", "", entry.count]
        elif entry.subgroup is not None:
            name = _("a private group") if entry.is_hidden else entry.subgroup.name
            yield [_("Group"), name, "", "", "", entry.count]


def _belonging_head() -> list[str]:
    return [_("Group"), _("Email address"), _("Company"), _("Role"), _("Why they are there")]


def _contact_head() -> list[str]:
    return [_("Name"), _("Email address")]


def _deleted_head() -> list[str]:
    return [_("Name"), _("Kind"), _("Email address"), _("Deleted by"), _("Deleted"), _("Days left")]


def _deleted(groups: list[Group]) -> Iterator[Cells]:
    for group in groups:
        address = group.mailing_list.kept_address if group.mailing_list else ""
        by = group.deleted_by.name if group.deleted_by else ""
        at = timezone.localtime(group.deleted_at).isoformat(timespec="seconds") if group.deleted_at else ""
        yield [group.name, str(group.get_kind_display()), address, by, at, days_left(group)]

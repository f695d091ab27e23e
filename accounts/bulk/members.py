"""What can be done to many members at once (rules 1.2, 2.23, 10.6)."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import consequences
from accounts.actions import deletion
from accounts.actions import members as member_actions
from accounts.actions.locks import lock_company
from accounts.actions.losses import check_people_leave
from accounts.actions.teams import set_team_people
from accounts.actor import Actor, Refused
from accounts.forms.bulk import TeamsForm
from accounts.models import Address, Company, Member, Team, TeamMembership
from accounts.search import listed_members
from groupadmin.base.errors import Invalid

from .actions import BulkAction, Line, Outcome, Things, Values
from .rehearsing import Pairs, parts, rolled_back


def _locked(company: int, pk: int) -> Member | None:
    lock_company(company)
    return Member.objects.filter(company=company, pk=pk).first()


MEMBERS = Things(
    name="members",
    title=gettext_lazy("Members"),
    back="accounts:member_list",
    download="accounts:member_table",
    model=Member,
    found=lambda viewer, company, query: listed_members(company, query.get("q", ""), query.get("show", "")),
    locked=_locked,
    all_text=gettext_lazy("All members, on every page"),
)


def _any_powerful(ids: Sequence[int]) -> bool:
    """Rule 9.4: whether administrators are among them."""
    powerful = Member.objects.filter(Q(is_administrator=True) | Q(is_superuser=True))
    return any(powerful.filter(pk__in=part).exists() for part in parts(ids))


def _check_people_leave(pairs: Pairs, actor: Actor) -> None:
    check_people_leave([pk for pk, _values in pairs], actor)


# Active or not


def _deactivate(member: Member, values: Values, actor: Actor) -> Outcome | None:
    """Whoever is inactive by date stays inactive from now on (rule 1.12)."""
    version, now = member.version, timezone.now()
    done = member_actions.deactivate_member(member, actor=actor)
    return None if done.version == version else Outcome({"since": now.isoformat()})


def _activate(member: Member, values: Values, actor: Actor) -> Outcome | None:
    if member.is_active:
        return None
    member_actions.activate_member(member, actor=actor)
    kept = consequences.in_groups().places_kept(member).count
    if not kept:
        return Outcome()
    said = ngettext(
        "Their place in %(count)s external group can be given back on their page.",
        "Their places in %(count)s external groups can be given back on their page.",
        kept,
    )
    return Outcome(note=said % {"count": f"{kept:,}"})


def _activate_again(member: Member, before: Values, actor: Actor) -> Outcome | None:
    """Their places in external groups follow, once all are active (_give_back)."""
    if member.is_active:
        return None
    member_actions.activate_member(member, actor=actor)
    return Outcome()


def _give_back(pk: int, before: Values, actor: Actor) -> None:
    """What deactivation took away (rule 2.23); what cannot be given back is on the person's page."""
    member = Member.objects.select_related("company").filter(pk=pk, is_active=True).first()
    if member is None or "since" not in before:
        return
    since = datetime.fromisoformat(before["since"])
    with suppress(Invalid, Refused):
        consequences.in_groups().give_places_back(member, since, actor=actor)


def _of_deactivation(company: Company, ids: Sequence[int], actor: Actor) -> list[Line]:
    active = list(Member.objects.active().filter(company=company).values_list("pk", flat=True))
    chosen = sorted({*active} & {*ids})
    lines = [
        Line(
            "log-out",
            ngettext(
                "%(count)s person can no longer sign in, and is signed out everywhere.",
                "%(count)s people can no longer sign in, and are signed out everywhere.",
                len(chosen),
            )
            % {"count": f"{len(chosen):,}"},
        )
    ]
    lines += _administrators(chosen)
    return [
        *lines,
        *_in_groups(chosen),
        Line("history", _("Their teams, addresses and other groups come back when you activate them again.")),
    ]


def _administrators(ids: Sequence[int]) -> list[Line]:
    """Rule 9.4: they are named by number."""
    found = Member.objects.filter(is_administrator=True)
    count = sum(found.filter(pk__in=part).count() for part in parts(ids))
    if not count:
        return []
    said = ngettext("%(count)s of them is an administrator.", "%(count)s of them are administrators.", count)
    return [Line("shield", said % {"count": f"{count:,}"}, is_warning=True)]


def _in_groups(ids: Sequence[int]) -> list[Line]:
    """What many people lose in groups: the groups counted once, however many of the people are in them."""
    touched = consequences.in_groups().groups_of_members(ids)
    lines = []
    if touched.entered:
        said = ngettext("%(count)s group loses members.", "%(count)s groups lose members.", touched.entered)
        lines.append(Line("users", said % {"count": f"{touched.entered:,}"}))
    if touched.run:
        said = ngettext("%(count)s group loses a master.", "%(count)s groups lose masters.", touched.run)
        lines.append(Line("key-round", said % {"count": f"{touched.run:,}"}))
    if touched.run_alone:
        said = ngettext(
            "%(count)s group will have no master.", "%(count)s groups will have no master.", touched.run_alone
        )
        lines.append(Line("triangle-alert", said % {"count": f"{touched.run_alone:,}"}, is_warning=True))
    if touched.external:
        said = ngettext(
            "They leave %(count)s external group.", "They leave %(count)s external groups.", touched.external
        )
        lines.append(Line("globe", said % {"count": f"{touched.external:,}"}))
    return lines


# Teams


def _add_to_teams(member: Member, values: Values, actor: Actor) -> Outcome | None:
    present = set(member.team_memberships.values_list("team_id", flat=True))
    return _change_teams(member, sorted({*values["teams"]} - present), [], actor, add=True)


def _remove_from_teams(member: Member, values: Values, actor: Actor) -> Outcome | None:
    present = set(member.team_memberships.values_list("team_id", flat=True))
    return _change_teams(member, [], sorted({*values["teams"]} & present), actor, add=False)


def _change_teams(
    member: Member, added: list[int], removed: list[int], actor: Actor, *, add: bool
) -> Outcome | None:
    teams = Team.objects.filter(company=member.company_id, pk__in=added or removed).order_by("pk")
    changed = []
    for team in teams:
        who = frozenset({member.pk})
        set_team_people(team, who if add else frozenset(), frozenset() if add else who, actor=actor)
        changed.append(team.pk)
    return Outcome({"teams": changed}) if changed else None


def _check_teams_left(pairs: Pairs, actor: Actor) -> None:
    """Rule 10.5: the people lost by all of it together."""
    by_teams: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for pk, values in pairs:
        by_teams[tuple(values.get("teams", ()))].append(pk)
    people = [pk for pk, _values in pairs]
    teams = {team for found in by_teams for team in found}
    moves = consequences.in_groups().movements
    with rolled_back(), moves(actor, people=people, leaving=people, teams=teams):
        for found, ids in by_teams.items():
            for part in parts(ids):
                TeamMembership.objects.filter(team__in=found, member__in=part).delete()


# The rest


def _send_sign_in_mail(member: Member, values: Values, actor: Actor) -> Outcome:
    member_actions.send_sign_in_mail(member, actor=actor)
    return Outcome()


def _delete(member: Member, values: Values, actor: Actor) -> Outcome:
    deletion.delete_member(member, actor=actor)
    return Outcome()


def _of_deletion(company: Company, ids: Sequence[int], actor: Actor) -> list[Line]:
    teams = sum(
        TeamMembership.objects.filter(member__in=part).values("team").distinct().count()
        for part in parts(ids)
    )
    addresses = sum(Address.objects.filter(member__in=part).count() for part in parts(ids))
    lines = [*_administrators(ids), *_in_groups(ids)]
    if teams:
        said = ngettext("They leave %(count)s team.", "They leave %(count)s teams.", teams)
        lines.append(Line("network", said % {"count": f"{teams:,}"}))
    said = ngettext(
        "%(count)s address becomes available to others.",
        "%(count)s addresses become available to others.",
        addresses,
    )
    lines.append(Line("mail", said % {"count": f"{addresses:,}"}))
    kept = _(
        "This cannot be undone. What they wrote stays, with their names. To only block their access, "
        "deactivate them instead."
    )
    return [*lines, Line("triangle-alert", kept, is_warning=True)]


def _question(singular: Any, plural: Any) -> Any:
    """A question with the number of members."""
    return lambda count: ngettext(singular, plural, count) % {"count": f"{count:,}"}


ACTIONS = [
    BulkAction(
        name="member.add_to_teams",
        things=MEMBERS,
        label=gettext_lazy("Add to teams"),
        icon="network",
        title=gettext_lazy("Add members to teams"),
        question=_question("Add %(count)s member to which teams?", "Add %(count)s members to which teams?"),
        form=TeamsForm,
        apply=_add_to_teams,
        undo=_remove_from_teams,
        check_undo_losses=_check_teams_left,
        undo_question=_question(
            "Remove %(count)s member from these teams again?",
            "Remove %(count)s members from these teams again?",
        ),
    ),
    BulkAction(
        name="member.remove_from_teams",
        things=MEMBERS,
        label=gettext_lazy("Remove from teams"),
        icon="x",
        title=gettext_lazy("Remove members from teams"),
        question=_question(
            "Remove %(count)s member from which teams?", "Remove %(count)s members from which teams?"
        ),
        form=TeamsForm,
        apply=_remove_from_teams,
        undo=_add_to_teams,
        check_losses=_check_teams_left,
        undo_question=_question(
            "Add %(count)s member to these teams again?", "Add %(count)s members to these teams again?"
        ),
    ),
    BulkAction(
        name="member.send_sign_in_mail",
        things=MEMBERS,
        label=gettext_lazy("Send sign-in email"),
        icon="mail",
        title=gettext_lazy("Send sign-in emails"),
        question=_question("Send %(count)s sign-in email?", "Send %(count)s sign-in emails?"),
        apply=_send_sign_in_mail,
        asks=True,
    ),
    BulkAction(
        name="member.activate",
        things=MEMBERS,
        label=gettext_lazy("Activate"),
        icon="user-check",
        title=gettext_lazy("Activate members"),
        question=_question("Activate %(count)s member?", "Activate %(count)s members?"),
        apply=_activate,
        undo=_deactivate,
        check_undo_losses=_check_people_leave,
        undo_question=_question("Deactivate %(count)s member again?", "Deactivate %(count)s members again?"),
        needs_proof=_any_powerful,
    ),
    BulkAction(
        name="member.deactivate",
        things=MEMBERS,
        label=gettext_lazy("Deactivate"),
        icon="user-x",
        title=gettext_lazy("Deactivate members"),
        question=_question("Deactivate %(count)s member?", "Deactivate %(count)s members?"),
        apply=_deactivate,
        undo=_activate_again,
        finish_undo=_give_back,
        check_losses=_check_people_leave,
        undo_question=_question("Activate %(count)s member again?", "Activate %(count)s members again?"),
        consequences=_of_deactivation,
        needs_proof=_any_powerful,
        asks=True,
        is_danger=True,
    ),
    BulkAction(
        name="member.delete",
        things=MEMBERS,
        label=gettext_lazy("Delete"),
        icon="trash-2",
        title=gettext_lazy("Delete members"),
        question=_question("Delete %(count)s member permanently?", "Delete %(count)s members permanently?"),
        apply=_delete,
        check_losses=_check_people_leave,
        consequences=_of_deletion,
        needs_proof=_any_powerful,
        asks=True,
        wants_number=True,
        is_danger=True,
    ),
]

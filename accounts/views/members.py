"""The people of a company, for its administrators (rule 1.2)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import employment
from accounts.actions import deletion
from accounts.actions import members as actions
from accounts.actions.deactivation import touches_of_deactivation
from accounts.actions.factors import reset_factors
from accounts.actor import Actor
from accounts.audit.conflicts import EditConflict
from accounts.bulk.bar import bar_of, filter_of
from accounts.bulk.members import MEMBERS
from accounts.consequences import in_groups
from accounts.factors import has_factor
from accounts.forms.member import MemberForm
from accounts.jobs import changes
from accounts.models import Company, Identity, Member, Team, TeamMembership
from accounts.pickers import Chosen
from accounts.request import MemberRequest
from accounts.search import listed_members
from accounts.sessions import sessions_of, shown_sessions
from accounts.tree import team_paths
from accounts.undo import members as undoing
from groupadmin.base.asking import Question, Touched, ask, typed_in, wrong_name
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import show_invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.partials import render_partial
from groupadmin.base.text import isolated

from . import undo
from .lookups import (
    member_of,
    page,
    page_by_name,
    posted_again,
    require_administrator,
    search_query,
)

FILTERS = {
    "": gettext_lazy("All"),
    "active": gettext_lazy("Active"),
    "inactive": gettext_lazy("Inactive"),
    "administrators": gettext_lazy("Administrators"),
    "connect": gettext_lazy("Can connect"),
}
TEAMS_SHOWN = 2


@dataclass(frozen=True)
class Row:
    """A member in the list: with some of their teams, and how many more there are."""

    member: Member
    teams: list[list[Team]]
    more: int = 0


@require_safe
def member_list(request: MemberRequest) -> HttpResponse:
    """The members, found by name, address or team, in pages."""
    _actor, company = require_administrator(request, "member.see")
    typed, show = search_query(request), request.GET.get("show", "")
    show = show if show in FILTERS else ""
    found = page_by_name(listed_members(company, typed, show), request, "q", "show")
    new = Member.objects.filter(company=company, pk=parse_id(request.GET.get("new")) or 0).first()
    people = [*([new] if new else []), *(member for member in found.rows if member != new)]
    context = {
        "rows": _rows(company, people),
        "page": found,
        "new": new,
        "q": typed,
        "show": show,
        "filters": FILTERS.items(),
        "bulk": bar_of(MEMBERS, found, filter_of(q=typed, show=show)),
    }
    return render_partial(request, "accounts/member_list.html", context, target="results", partial="results")


def _rows(company: Company, people: Sequence[Member]) -> list[Row]:
    """The rows of the list, in two queries however many there are."""
    teams: defaultdict[int, list[int]] = defaultdict(list)
    places = TeamMembership.objects.filter(member__in=people).order_by("id")
    for member_id, team_id in places.values_list("member_id", "team_id"):
        teams[member_id].append(team_id)
    paths = team_paths(team_id for own in teams.values() for team_id in own[:TEAMS_SHOWN])
    rows = []
    for member in people:
        member.company = company
        own = teams[member.pk]
        shown = [paths[pk] for pk in own[:TEAMS_SHOWN] if pk in paths]
        rows.append(Row(member, shown, max(0, len(own) - TEAMS_SHOWN)))
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
def member_add(request: MemberRequest) -> HttpResponse:
    """ "Add member"."""
    actor, company = require_administrator(request, "member.add")
    if request.method != "POST":
        form = MemberForm(initial=_given_team(request, company), company=company, actor=actor)
        return page(request, "accounts/member_form.html", {"form": form})
    form = MemberForm(request.POST, company=company, actor=actor)
    if form.is_valid():
        try:
            member = actions.add_member(company, form.settings(), actor=actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": isolated(member.name)})
            if form.cleaned_data["send_mail"]:
                _send_mail(request, member, actor)
            return redirect(f"{reverse('accounts:member_list')}?new={member.pk}")
    return page(request, "accounts/member_form.html", {"form": form}, invalid=True)


def _given_team(request: MemberRequest, company: Company) -> dict[str, object]:
    """The team to preselect, if the form was opened from a team's page."""
    team = Team.objects.filter(company=company, pk=parse_id(request.GET.get("team")) or 0).first()
    return {"teams": Chosen(teams=frozenset({team.pk}))} if team else {}


@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """ "Edit member"."""
    actor, company = require_administrator(request, "member.update")
    member = member_of(company, pk)
    if request.method != "POST":
        return _edit_page(request, MemberForm(company=company, actor=actor, member=member), member)
    form = MemberForm(request.POST, company=company, actor=actor, member=member)
    if form.is_valid():
        try:
            return _save(request, member, form, actor)
        except Invalid as invalid:
            show_invalid(form, invalid)
        except Conflict:
            return _show_conflict(request, member, form, actor)
    return _edit_page(request, form, member, invalid=True)


def _edit_page(
    request: MemberRequest,
    form: MemberForm,
    member: Member,
    *,
    conflict: EditConflict | None = None,
    invalid: bool = False,
) -> HttpResponse:
    context: dict[str, object] = {
        "form": form,
        "member": member,
        "sessions": shown_sessions(member),
        "has_factor": has_factor(member),
        "identities": Identity.objects.filter(member=member).select_related("provider"),
        "kept": in_groups().places_kept(member),
        "outside": employment.why_outside(member.starts_on, member.ends_on),
    }
    if conflict is not None:
        context["conflict"] = conflict
    return page(request, "accounts/member_form.html", context, invalid=invalid)


def _save(request: MemberRequest, member: Member, form: MemberForm, actor: Actor) -> HttpResponse:
    """Saves at once, asks first if the person would leave groups (rule 2.15), or starts a job."""
    confirmed, version = "confirmed" in request.POST, form.cleaned_data["version"]
    try:
        job = changes.change_member(member, form.settings(), version, confirmed=confirmed, actor=actor)
    except changes.Asks as asks:
        context = {
            "member": member,
            "departures": asks.departures,
            "touches": asks.touches,
            "hidden_fields": changes.hidden_fields(request.POST),
        }
        question = "member_employment" if asks.touches else "connection_remove"
        return page(request, f"accounts/{question}.html", context)
    if job is not None:
        return redirect("accounts:job", job.pk)
    saved = Member.objects.get(pk=member.pk)
    text = {
        (True, False): _("%(name)s was saved, and is inactive from now on."),
        (False, True): _("%(name)s was saved, and is active from now on."),
    }.get((member.is_active, saved.is_active), _("%(name)s was saved."))
    messages.success(request, text % {"name": isolated(saved.name)})
    return redirect("accounts:member_list")


def _show_conflict(request: MemberRequest, member: Member, form: MemberForm, actor: Actor) -> HttpResponse:
    """Shows what others changed and keeps the input: the person decides whether to save again (rule 2.18)."""
    now = Member.objects.select_related("company").get(pk=member.pk)
    again = posted_again(request, now.version)
    fresh = MemberForm(again, company=form.company, actor=actor, member=now)
    fresh.is_valid()
    typed, present = form.settings().plain(), actions.MemberSettings.of(now).plain()
    seen = form.cleaned_data["version"]
    conflict = EditConflict.of(now, seen, typed, present, viewer=request.user)
    return _edit_page(request, fresh, now, conflict=conflict)


@require_http_methods(["GET", "HEAD", "POST"])
def member_deactivate(request: MemberRequest, pk: int) -> HttpResponse:
    """Deactivates a person, after showing what that affects (rule 2.23)."""
    actor, company = require_administrator(request, "member.deactivate")
    member = member_of(company, pk)
    if not member.is_active:
        return redirect("accounts:member_edit", pk)
    problem = ""
    if request.method == "POST":
        try:
            job, undoable = undoing.deactivate(member, actor=actor)
        except Invalid as invalid:
            problem = invalid.message
        else:
            if job is not None:
                return redirect("accounts:job", job.pk)
            done = _("%(name)s was deactivated and can no longer sign in.")
            undo.say_done(request, done % {"name": isolated(member.name)}, undoable)
            return redirect("accounts:member_edit", pk)
    context = {"member": member, "touches": touches_of_deactivation(member), "problem": problem}
    return page(request, "accounts/member_deactivate.html", context, invalid=bool(problem))


@require_POST
def member_activate(request: MemberRequest, pk: int) -> HttpResponse:
    """Lets a person sign in again, and offers what deactivation took away (rule 2.23)."""
    actor, company = require_administrator(request, "member.activate")
    try:
        member = actions.activate_member(member_of(company, pk), actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return redirect("accounts:member_edit", pk)
    done = _("%(name)s was activated and can sign in again.")
    messages.success(request, done % {"name": isolated(member.name)})
    kept = in_groups().places_kept(member)
    return redirect(kept.url) if kept.count else redirect("accounts:member_edit", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def member_reset_factors(request: MemberRequest, pk: int) -> HttpResponse:
    """Removes all second factors of a person who has lost theirs (rule 9.2), after asking (rule 10.12)."""
    actor, company = require_administrator(request, "factor.reset")
    member = member_of(company, pk)
    name = {"name": isolated(member.name)}
    if request.method != "POST":
        return ask(request, _resetting(member))
    if reset_factors(member, actor=actor):
        messages.success(request, _("%(name)s can sign in with their password alone now.") % name)
    else:
        messages.info(request, _("%(name)s has no second factor.") % name)
    return redirect("accounts:member_edit", pk)


def _resetting(member: Member) -> Question:
    devices = sessions_of(member).count()
    said = ngettext(
        "They are signed out on %(count)s device.", "They are signed out on %(count)s devices.", devices
    )
    alone = _("They sign in with their password alone until they set up another factor.")
    return Question(
        heading=_("Reset the second factors of %(name)s?") % {"name": isolated(member.name)},
        answer=_("Reset"),
        back=reverse("accounts:member_edit", args=[member.pk]),
        lines=[
            Touched("log-out", said % {"count": f"{devices:,}"}),
            Touched("fingerprint-pattern", alone, is_warning=True),
            Touched("mail", _("They are told by email.")),
        ],
        is_plain=True,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def member_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Deletes a person permanently, after showing what that affects."""
    actor, company = require_administrator(request, "member.delete")
    member = member_of(company, pk)
    problem, error = "", ""
    if request.method == "POST" and not (error := wrong_name(request, member.name)):
        try:
            deletion.delete_member(member, actor=actor)
        except Invalid as invalid:
            problem = invalid.message
        else:
            messages.success(request, _("%(name)s was deleted.") % {"name": isolated(member.name)})
            return redirect("accounts:member_list")
    context = {"member": member, "touches": deletion.touches_of_member(member), "problem": problem}
    context |= {"name": member.name, "typed": typed_in(request), "error": error}
    return page(request, "accounts/member_delete.html", context, invalid=bool(problem or error))


@require_POST
def member_send_sign_in_mail(request: MemberRequest, pk: int) -> HttpResponse:
    """Mails a person the link to set a password."""
    actor, company = require_administrator(request, "member.send_sign_in_mail")
    member = member_of(company, pk)
    _send_mail(request, member, actor)
    return redirect("accounts:member_edit", pk)


def _send_mail(request: MemberRequest, member: Member, actor: Actor) -> None:
    try:
        actions.send_sign_in_mail(member, actor=actor)
    except Invalid as invalid:
        messages.error(request, invalid.message)
        return
    if employment.is_waiting(member):
        text = _("%(name)s gets the sign-in email on their first day.")
        messages.success(request, text % {"name": isolated(member.name)})
    else:
        messages.success(request, _("The sign-in email is on its way to %(to)s.") % {"to": member.email})

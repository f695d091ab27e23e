"""Second factors (rule 9.2). Each change is one transaction, with its audit and a mail to the person."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.factors import PROOFS, Factor, is_required_of
from accounts.models import AuditEntry, Member
from accounts.permissions import check_rules_installation
from accounts.sessions import cut_sessions
from accounts.source import Source
from accounts.tasks import tell_factor
from groupadmin.base.errors import Invalid

from .members import lock_member

T = TypeVar("T")

FACTORS_LIMIT = 20
"""The most that one person has: all are read at each sign-in."""


@audit.action
def change_factors(member: Member, change: Callable[[], T], source: Source, *, actor: Actor) -> T:
    """Lets allauth change somebody's own factors, and records what changed.

    Raises Unconfirmed (rule 9.4), Refused, or Invalid if the last factor goes while one is required.
    """
    if actor.member != member:
        raise Refused("factor.add", gettext_lazy("People can only do this for themselves."), target=member)
    actor.check_confirmed()
    # One after the other, so that two removals at once do not both leave one factor.
    member = Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    before = _factors_of(member)
    answer = change()
    after = _factors_of(member)
    if is_required_of(member) and not any(factor.type in PROOFS for factor in after.values()):
        raise Invalid(None, _("You need a second factor. Add another one before you remove this one."))
    if len(after) > max(len(before), FACTORS_LIMIT):
        raise Invalid(None, _("You have enough factors. Remove one that you no longer use first."))
    for action, factor, changes in _differences(before, after):
        audit.record(actor, action, member, {**changes, **source.facts()})
        if factor.type != Factor.CODES or action == "factor.new_codes":
            _mail(member, source, action, factor.type, _name(factor))
    return answer


def _factors_of(member: Member) -> dict[int, Authenticator]:
    return {factor.pk: factor for factor in Authenticator.objects.filter(user=member).order_by("pk")}


def _differences(
    before: dict[int, Authenticator], after: dict[int, Authenticator]
) -> Iterator[tuple[str, Authenticator, audit.Changes]]:
    """Each change, as the audit records it."""
    had_codes = any(factor.type == Factor.CODES for factor in before.values())
    has_codes = any(factor.type == Factor.CODES for factor in after.values())
    for pk, factor in before.items():
        if pk not in after and not (factor.type == Factor.CODES and has_codes):
            yield "factor.remove", factor, {key: [value, None] for key, value in _plain(factor).items()}
    for pk, factor in after.items():
        if pk not in before:
            is_anew = factor.type == Factor.CODES and had_codes
            action = "factor.new_codes" if is_anew else "factor.add"
            yield action, factor, {key: [None, value] for key, value in _plain(factor).items()}
        elif _name(factor) != _name(before[pk]):
            yield "factor.rename", factor, {"name": [_name(before[pk]), _name(factor)]}


def _plain(factor: Authenticator) -> dict[str, str]:
    named = {"name": _name(factor)} if factor.type == Factor.PASSKEY else {}
    return {"factor": factor.type, **named}


def _name(factor: Authenticator) -> str:
    return str(factor.data["name"]) if factor.type == Factor.PASSKEY else ""


@audit.action
def reset_factors(member: Member, *, actor: Actor) -> bool:
    """Removes all factors of a person who has lost theirs, and ends their sessions.

    Returns whether there were any. Raises Refused or Unconfirmed (rule 9.4).
    """
    if member.company_id is None:
        check_rules_installation(actor, "factor.reset", member)
        member = Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    else:
        _company, member = lock_member(member, actor, "factor.reset")
    if actor.member == member:
        raise Refused(
            "factor.reset", gettext_lazy("Remove your own factors on your own page."), target=member
        )
    actor.check_confirmed()
    factors = _factors_of(member)
    if not factors:
        return False
    Authenticator.objects.filter(user=member).delete()
    gone = [_name(factor) or str(Factor(factor.type).label) for factor in factors.values()]
    audit.record(actor, "factor.reset", member, {"factors": [", ".join(gone), None]})
    # Whoever has the lost phone may be signed in on it.
    cut_sessions(member)
    _mail(member, Source(None), "factor.reset")
    return True


@audit.action
def record_used_code(member: Member, left: int, source: Source, *, actor: Actor) -> None:
    """Records that one of somebody's recovery codes is used up."""
    audit.record(actor, "factor.use_code", member, {"codes_left": [left + 1, left], **source.facts()})
    _mail(member, source, "factor.use_code", left=left)


@audit.action
def record_wrong_code(member: Member, source: Source, *, actor: Actor) -> None:
    """Records a wrong code of somebody who knew the password, or was signed in."""
    reason = gettext_lazy("The code was wrong.")
    refused = AuditEntry.Result.REFUSED
    audit.record(actor, "factor.fail", member, source.facts(), result=refused, reason=reason)


def _mail(
    member: Member, source: Source, action: str, factor: str = "", name: str = "", left: int = 0
) -> None:
    tell_factor(member, action, factor, name=name, left=left, ip=source.ip, device=source.device)

"""Changes that may force people to leave external groups (rule 2.15).

Used by the pages and Django admin: they ask for confirmation, with numbers, and leave long work to the
worker.
"""

from dataclasses import replace

from django.db import transaction
from django.http import QueryDict

from accounts import employment
from accounts.actions import company as company_actions
from accounts.actions import members as member_actions
from accounts.actions.company import CompanySettings
from accounts.actions.connections import departures_without
from accounts.actions.deactivation import DeactivationTouches, touches_of_deactivation
from accounts.actions.locks import lock_company
from accounts.actions.members import MemberSettings
from accounts.actor import Actor, Refused
from accounts.audit import record_refusal
from accounts.consequences import Departures
from accounts.models import Company, Job, Member
from groupadmin.base.errors import Conflict

from . import engine, kinds


class Asks(Exception):  # noqa: N818  (a question, not a fault)
    """Nothing has changed yet: people would leave groups, by rule or deactivated, which must be confirmed."""

    def __init__(self, departures: Departures, touches: DeactivationTouches | None = None) -> None:
        super().__init__("people would leave groups")
        self.departures = departures
        self.touches = touches


def hidden_fields(posted: QueryDict) -> list[tuple[str, str]]:
    """The fields of a form, for the confirmation page to send again."""
    names = (name for name in posted if name not in ("csrfmiddlewaretoken", "confirmed"))
    return [(name, value) for name in names for value in posted.getlist(name)]


def change_settings(
    company: Company, wanted: CompanySettings, version: int, *, confirmed: bool, actor: Actor
) -> Job | None:
    """Changes a company's settings at once; if who may connect takes long, by the job that is returned.

    Raises Asks unless confirmed; Refused, Invalid, or Conflict if the version has changed; LosesMany.
    """
    effect = company_actions.effect_of(company, wanted)
    asks = bool(effect.departures.people) and not confirmed
    if not asks:
        actor.check_losses(effect.departures.losses)
    if not asks and effect.size <= engine.AT_ONCE:
        company_actions.update_settings(company, wanted, version, actor=actor)
        return None
    try:
        with transaction.atomic():
            present = lock_company(company.pk)
            if version != present.version:
                raise Conflict(present.version)
            # Everything else first: its errors are shown before the confirmation, and cannot fail the job.
            rest = replace(wanted, connecting=present.connecting, partners=present.partners)
            present = company_actions.update_settings(present, rest, version, actor=actor)
            if asks:
                raise Asks(effect.departures)
            return kinds.start_update(present, wanted, present.version, actor=actor)
    except Refused as refusal:
        record_refusal(actor, refusal)  # the first entry was rolled back with the rest
        raise


def change_member(
    member: Member, wanted: MemberSettings, version: int, *, confirmed: bool, actor: Actor
) -> Job | None:
    """Changes a person at once; if losing the permission to connect takes long, by the job that is returned.

    Raises Asks unless confirmed, also if the person's days make them inactive (rule 1.12); Refused, Invalid,
    or Conflict if the version has changed.
    """
    departures = Departures()
    if member.company is not None and member.may_connect and not wanted.may_connect:
        departures = departures_without(member.company, [member.pk])
    outside = employment.why_outside(wanted.starts_on, wanted.ends_on)
    touches = None
    if member.is_active and outside is not None and not confirmed:
        touches = touches_of_deactivation(member)
    asks = (bool(departures.people) or touches is not None) and not confirmed
    if member.company is None or (not asks and departures.entries <= engine.AT_ONCE):
        member_actions.update_member(member, wanted, version, actor=actor)
        return None
    try:
        with transaction.atomic():
            lock_company(member.company.pk)
            present = Member.objects.get(pk=member.pk)
            if version != present.version:
                raise Conflict(present.version)
            rest = replace(wanted, may_connect=True) if departures else wanted
            member_actions.update_member(present, rest, version, actor=actor)
            if asks:
                raise Asks(departures, touches)
            return engine.start("connection.withdraw", member.company, {"members": [member.pk]}, actor=actor)
    except Refused as refusal:
        record_refusal(actor, refusal)  # the first entry was rolled back with the rest
        raise


def deactivate(member: Member, *, actor: Actor) -> Job | None:
    """Deactivates somebody once that is confirmed (rule 2.23); by a job if they leave very many groups.

    Raises Refused or Invalid.
    """
    if touches_of_deactivation(member).external <= engine.AT_ONCE:
        member_actions.deactivate_member(member, actor=actor)
        return None
    return kinds.start_deactivation([member], actor=actor)

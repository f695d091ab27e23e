"""Sets where a person, team or group comes from: by hand, or a system for itself (rule 10.4)."""

import re
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import Sourced
from accounts.permissions import check_administers, check_rules_installation
from groupadmin.base.errors import Invalid, Taken
from groupadmin.base.text import clean_line, isolated, too_long

from .locks import lock_company

LONGEST_ID, LONGEST_SOURCE = 255, 100

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]*")

Thing = TypeVar("Thing", bound=Sourced)


@audit.action
def set_origin(thing: Thing, source: str, external_id: str, *, actor: Actor) -> Thing:
    """Says which system a member, team or group of a company comes from, and under which id.

    From then on that source may change it, and no other. For superusers: raises Refused, or Invalid.
    """
    kind: Any = type(thing)
    action = f"{kind._meta.model_name}.set_origin"
    lock_company(thing.company_id)  # type: ignore[attr-defined]
    check_rules_installation(actor, action, thing)
    thing = kind._default_manager.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
    return _set(thing, kind, source, external_id, action, actor)


@audit.action
def set_external_id(thing: Thing, external_id: str, *, actor: Actor) -> Thing:
    """Says under which id the actor's own system knows a member, team or group of its company.

    For administrators and company's programs. What comes from another system stays with that. Raises Refused
    or Invalid.
    """
    kind: Any = type(thing)
    action = f"{kind._meta.model_name}.set_origin"
    company = lock_company(thing.company_id)  # type: ignore[attr-defined]
    check_administers(actor, company, action)
    thing = kind._default_manager.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
    if external_id == thing.external_id:
        return thing
    if thing.source not in ("", actor.source):
        raise Invalid(
            "external_id",
            _("This comes from %(source)s, which alone gives it IDs.") % {"source": isolated(thing.source)},
        )
    return _set(thing, kind, actor.source, external_id, action, actor)


def _set(thing: Thing, kind: Any, source: str, external_id: str, action: str, actor: Actor) -> Thing:
    before = {"source": thing.source, "external_id": thing.external_id}
    thing.source, thing.external_id = clean_source(source), _clean_id(external_id)
    changes = audit.difference(before, {"source": thing.source, "external_id": thing.external_id})
    if changes:
        thing.version += 1  # type: ignore[attr-defined]
        _save(thing, kind)
        audit.record(actor, action, thing, changes)
    return thing


@audit.action
def take_id(thing: Thing, external_id: str, *, actor: Actor) -> Thing:
    """Notes under which id the acting system knows a member, team or group (rule 10.4).

    What was made by hand comes from that system from then on; what comes from another one is refused. A
    deleted group with the same id gives it up. Raises Refused or Invalid.
    """
    kind: Any = type(thing)
    action = f"{kind._meta.model_name}.set_origin"
    company = lock_company(thing.company_id)  # type: ignore[attr-defined]
    check_administers(actor, company, action)
    thing = kind._default_manager.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
    check_own(thing, action, actor)
    external_id = _clean_id(external_id)
    changes = audit.difference(
        {"source": thing.source, "external_id": thing.external_id},
        {"source": actor.source, "external_id": external_id},
    )
    if changes:
        thing.source, thing.external_id = actor.source, external_id
        thing.version += 1  # type: ignore[attr-defined]
        _take_from_deleted(thing, kind)
        _save(thing, kind)
        audit.record(actor, action, thing, changes)
    return thing


def check_own(thing: Sourced, action: str, actor: Actor) -> None:
    """Raises Refused if another system than the acting one brought the thing (rule 10.4)."""
    if thing.source not in ("", actor.source):
        raise Refused(
            action,
            _("This comes from %(source)s, and only %(source)s changes it.")
            % {"source": isolated(thing.source)},
            target=thing,
        )


def _take_from_deleted(thing: Any, kind: Any) -> None:
    if thing.external_id and hasattr(thing, "deleted_at"):
        same = {"company": thing.company_id, "source": thing.source, "external_id": thing.external_id}
        gone = kind._default_manager.filter(**same, deleted_at__isnull=False).exclude(pk=thing.pk)
        gone.update(external_id="", version=F("version") + 1)


def clean_source(raw: str) -> str:
    """The short name of a system, or nothing. Raises Invalid."""
    source = clean_line(raw).lower()
    if source and not _SOURCE.fullmatch(source):
        raise Invalid("source", _("Use a short name of a–z, 0–9 and . - _, such as google."))
    if problem := too_long(source, LONGEST_SOURCE, LONGEST_SOURCE):
        raise Invalid("source", problem)
    return source


def _clean_id(raw: str) -> str:
    external_id = clean_line(raw)
    if problem := too_long(external_id, LONGEST_ID, LONGEST_ID):
        raise Invalid("external_id", problem)
    return external_id


def _save(thing: Any, kind: Any) -> None:
    same = {"company": thing.company_id, "source": thing.source, "external_id": thing.external_id}
    if thing.external_id:
        other = kind._default_manager.filter(**same).exclude(pk=thing.pk).first()
        if other is not None:
            raise Taken("external_id", _("%(name)s has this ID already.") % {"name": isolated(other.name)})
    try:
        with transaction.atomic():
            thing.save(update_fields=["source", "external_id", "version"])
    except IntegrityError:
        raise Invalid("external_id", _("Something else has this ID already.")) from None

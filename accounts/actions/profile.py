"""What people change about themselves."""

import uuid
from typing import IO

from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import Member
from groupadmin.base import zones
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later, needs_space, storing
from groupadmin.base.pictures import NotAPicture, read_portrait

FIELDS = ("language", "time_zone", "notified_by")


@audit.action
def update_profile(
    member: Member, language: str, time_zone: str, notified_by: str = "", *, actor: Actor
) -> Member:
    """Sets one's own language and time zone; empty means the default (rule 12.3).

    Also how one is notified (rule 5.1); empty leaves it unchanged. Raises Refused or Invalid.
    """
    if actor.member != member and not actor.rules_everything:
        raise Refused(
            "member.update_profile", gettext_lazy("People can only do this for themselves."), target=member
        )
    if language and language not in dict(django_settings.LANGUAGES):
        raise Invalid("language", _("Choose one of the options."))
    if time_zone and time_zone not in zones.known():
        raise Invalid("time_zone", _("Choose a time zone from the list."))
    if notified_by and notified_by not in Member.NotifiedBy.values:
        raise Invalid("notified_by", _("Choose one of the options."))
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    before = {name: getattr(member, name) for name in FIELDS}
    member.language, member.time_zone = language, time_zone
    member.notified_by = notified_by or member.notified_by
    member.save(update_fields=FIELDS)
    if changes := audit.difference(before, {name: getattr(member, name) for name in FIELDS}):
        audit.record(actor, "member.update_profile", member, changes)
    return member


@audit.action
def note_browser_zone(member: Member, zone: str, *, actor: Actor) -> None:
    """Takes the zone that the browser says, once: at the first sign-in that says one (rule 12.3)."""
    if not zone or member.browser_zone or not zones.meant(zone):
        return
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if not member.browser_zone:
        _write(member, {"browser_zone": zone}, actor)


@audit.action
def answer_zone(member: Member, zone: str, *, wanted: bool, actor: Actor) -> None:
    """Takes another zone that the browser says now, or remembers that the person does not want it.

    Whoever had chosen their zone has chosen this one then (rule 12.3). Raises Refused or Invalid.
    """
    if actor.member != member:
        raise Refused(
            "member.update_profile", gettext_lazy("People can only do this for themselves."), target=member
        )
    if not (zone := zones.meant(zone)):
        raise Invalid("time_zone", _("Choose a time zone from the list."))
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if not wanted:
        _write(member, {"declined_zone": zone}, actor)
    elif member.time_zone:
        _write(member, {"time_zone": zone, "declined_zone": ""}, actor)
    else:
        _write(member, {"browser_zone": zone, "declined_zone": ""}, actor)


def _write(member: Member, wanted: dict[str, str], actor: Actor) -> None:
    before = {name: getattr(member, name) for name in wanted}
    if changes := audit.difference(before, wanted):
        for name, value in wanted.items():
            setattr(member, name, value)
        member.save(update_fields=[*wanted])
        audit.record(actor, "member.update_profile", member, changes)


def hide_first_steps(member: Member) -> None:
    """Takes the first steps off the person's own home (rule 1.14). Nobody else sees a difference."""
    Member.objects.filter(pk=member.pk).update(hides_first_steps=True)


def set_photo(member: Member, file: IO[bytes] | None, size: int = 0, *, actor: Actor) -> Member:
    """Sets one's own photo from a file of `size` bytes, or removes it. Raises Refused or Invalid."""
    try:
        # Before the transaction, since it takes its time.
        with needs_space("photo"):
            portrait = read_portrait(file, size) if file is not None else None
    except NotAPicture as problem:
        raise Invalid("photo", str(problem)) from None
    return _set_photo(member, portrait, actor=actor)


@audit.action
def _set_photo(member: Member, portrait: ContentFile[bytes] | None, *, actor: Actor) -> Member:
    if actor.member != member and not actor.rules_everything:
        raise Refused(
            "member.set_photo", gettext_lazy("People can only do this for themselves."), target=member
        )
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    before = "a photo" if member.photo else ""
    if not before and portrait is None:
        return member
    if member.photo.name:
        delete_later(member.photo.storage, member.photo.name)
    member.photo = ""
    with storing("photo") as save:
        if portrait is not None:
            save(member.photo, f"{uuid.uuid4().hex}.webp", portrait)
        member.save(update_fields=["photo"])
    changes: audit.Changes = {"photo": [before, "a photo" if portrait is not None else ""]}
    audit.record(actor, "member.set_photo", member, changes)
    return member

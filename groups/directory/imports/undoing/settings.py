"""Gives a group back its settings, list, designated people and contacts as they were (rule 10.3)."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Company, Domain
from groupadmin.base.errors import Invalid
from groups.actions import GroupSettings, restore_group, update_group
from groups.actions.list_addresses import free_addresses
from groups.actions.settings import ListSettings
from groups.directory.records import Kind
from groups.entries import entries_of
from groups.models import Designation, Feature, Group, ImportRow

from ..rows import Row
from ..running.batch import origin_of
from ..running.settings import pairs_of, settings_with
from .removals import put_around

ADD, REMOVE = ImportRow.Verdict.ADD, ImportRow.Verdict.REMOVE


def change_back(company: Company, batch: list[Row], actor: Actor) -> None:
    """Takes back the rows of one group, by the actions of pages. Raises Invalid, or Refused."""
    head = next((row for row in batch if row.kind == Kind.GROUP), None)
    if head is not None and head.verdict == REMOVE:
        group = restore_group(Group.objects.get(company=company, pk=head.target or 0), actor=actor)
        put_around(head, group, actor)
        return
    group = _group(company, batch)
    settings = GroupSettings.of(group, with_people=False)
    if head is not None:
        settings = settings_with(settings, head.before or {})
    about = next((row for row in batch if row.kind == Kind.LIST), None)
    takes_list = about is not None and about.verdict == ADD
    if takes_list:
        settings = settings.with_switches(**{Feature.MAILING_LIST.value: False})
    elif settings.mailing_list is not None:
        settings = replace(settings, mailing_list=_list(company, settings.mailing_list, about, batch))
    update_group(group, settings, group.version, actor=actor)
    if head is not None and (origin := origin_of(head.before or {})):
        Group.objects.filter(pk=group.pk).update(**origin)
    if takes_list:
        _remove_list(group.pk)


def _group(company: Company, batch: list[Row]) -> Group:
    head = next((row for row in batch if row.kind == Kind.GROUP), None)
    live = Group.objects.live().filter(company=company)
    found = live.filter(pk=head.target or 0) if head is not None else live.filter(name_key=batch[0].subject)
    if (group := found.first()) is None:
        raise Invalid(None, _("It was deleted since."))
    return group


def _list(company: Company, settings: ListSettings, about: Row | None, batch: list[Row]) -> ListSettings:
    had: dict[str, Any] = (about.before if about is not None else None) or {}
    if email := had.get("address"):
        local_part, _at, name = email.rpartition("@")
        domain = Domain.objects.usable().filter(company=company, name=name).first()
        if domain is None:
            raise Invalid(None, _("%(domain)s is not a domain of your company.") % {"domain": name})
        settings = replace(settings, local_part=local_part, domain_id=domain.pk)
    if "aliases" in had:
        settings = replace(settings, aliases=pairs_of(company, had["aliases"]))
    for name in ("blocks_external_domains", "who_can_send"):
        if name in had:
            settings = replace(settings, **{name: had[name]})
    added = {row.values["email"] for row in batch if row.kind == Kind.CONTACT and row.verdict == ADD}
    named = {
        row.values["email"]: row.before["name"] for row in batch if row.kind == Kind.CONTACT and row.before
    }
    contacts = [
        replace(contact, name=named.get(contact.email, contact.name))
        for contact in settings.contacts
        if contact.email not in added
    ]
    settings = replace(settings, contacts=frozenset(contacts))
    written = [row.target for row in batch if row.kind == Kind.SENDER and row.target]
    for purpose, name in ((Designation.Purpose.SEND_TO, "senders"), (Designation.Purpose.SEND_AS, "send_as")):
        found = Designation.objects.filter(pk__in=written, purpose=purpose)
        gone = entries_of(found.values_list("member_id", "team_id", "group_id"))
        settings = replace(settings, **{name: getattr(settings, name) - gone})
    return settings


def _remove_list(pk: int) -> None:
    """A list that the import added, and nobody has used, goes with its addresses."""
    group = Group.objects.select_related("mailing_list__address").get(pk=pk)
    mailing_list = group.mailing_list
    if mailing_list is None:
        return
    group.mailing_list = None
    group.save(update_fields=["mailing_list"])
    free_addresses(mailing_list)
    mailing_list.delete()

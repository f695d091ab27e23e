"""Undo after "Edit Group/Master": switches, people, the list's rules and contacts as before (rule 10.13)."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.models import Undoable
from accounts.pickers.tokens import chosen_of, tokens_of
from accounts.undo import State, keep, together
from groupadmin.base.errors import Conflict
from groupadmin.base.kept_rows import plain
from groupadmin.base.text import isolated
from groups import actions, notices, permissions
from groups.actions import Contact, Entries, GroupSettings, ListSettings
from groups.actions.entries import lock_with_companies_of, people_in
from groups.actions.put_back import kept_of, may_put_back
from groups.models import Group
from groups.permissions import Act

from .people import group_in, put_back, state_of

KIND = "group.settings"
DESIGNATED = ("senders", "send_as")


def update_group(
    group: Group, settings: GroupSettings, version: int, *, actor: Actor
) -> tuple[Group, Undoable | None]:
    """The action of this name, and how it can be undone; a photo cannot. Raises what it raises."""
    with together(), notices.heard() as told:
        lock_with_companies_of(group, people_in(group, settings.masters))
        present = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
        before = GroupSettings.of(present, with_people=not settings.keeps_people)
        changes_photo = settings.photo is not None or (settings.removes_photo and bool(present.photo))
        gone = before.entries - settings.entries
        people: dict[str, Any] = {
            "entries": kept_of(present, gone),
            "added": settings.entries - before.entries,
            "masters": plain(present.masters.exclude(member__in=settings.masters)),
            "named": sorted(settings.masters - before.masters),
        }
        if settings.keeps_people:
            people = {}
        done = actions.update_group(group, settings, version, actor=actor)
        is_same = done.version == present.version
        if is_same or changes_photo or not may_put_back(done, people.get("entries", ()), actor):
            return done, None
        state = state_of(done, told, **people) | {"settings": _plain(before)}
        return done, keep(actor, KIND, state)


def change_group(
    group: Group, change: Callable[[GroupSettings], GroupSettings], *, actor: Actor, version: int | None
) -> tuple[Group, Undoable | None]:
    """The action of this name, and how it can be undone. Raises what it raises."""
    with together(), notices.heard() as told:
        lock_company(group.company_id)
        present = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
        before = GroupSettings.of(present, with_people=False)
        done = actions.change_group(group, change, actor=actor, version=version)
        if done.version == present.version:
            return done, None
        return done, keep(actor, KIND, state_of(done, told) | {"settings": _plain(before)})


def undo(state: State, actor: Actor) -> str:
    """Saves the dialog as it was."""
    group = group_in(state)
    if group.version != state["version"]:
        raise Conflict(group.version)
    wanted = _read(state["settings"])
    with notices.heard() as again:
        saved = actions.update_group(group, wanted, state["version"], actor=actor)
        put_back(saved, saved.version, state, actor)
    notices.unsay(state["notices"], again)
    return _("%(name)s is as before.") % {"name": isolated(wanted.name)}


def _plain(settings: GroupSettings) -> dict[str, Any]:
    """Without people, who are kept as rows."""
    rules = settings.mailing_list
    return {
        "name": settings.name,
        "description": settings.description,
        "switched_on": sorted(settings.switched_on),
        "mailing_list": None
        if rules is None
        else asdict(replace(rules, senders=Entries(), send_as=Entries(), contacts=frozenset()))
        | {name: tokens_of(getattr(rules, name)) for name in DESIGNATED}
        | {"contacts": [[one.email, one.name] for one in sorted(rules.contacts)]}
        | {"aliases": sorted(rules.aliases), "who_can_send": str(rules.who_can_send)},
    }


def _read(kept: dict[str, Any]) -> GroupSettings:
    rules = kept["mailing_list"]
    if rules is not None:
        rules = ListSettings(
            **rules
            | {name: chosen_of(rules[name]) for name in DESIGNATED}
            | {"contacts": frozenset(Contact(email, name) for email, name in rules["contacts"])}
            | {"aliases": frozenset((local_part, domain) for local_part, domain in rules["aliases"])}
        )
    return GroupSettings(
        name=kept["name"],
        masters=frozenset(),
        description=kept["description"],
        switched_on=frozenset(kept["switched_on"]),
        mailing_list=rules,
        keeps_people=True,
    )

"""Groups, their pages and dialogs, notifications, pickers."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from .rows import (
    ADMINISTRATORS,
    KNOWS,
    OTHERS,
    OWN,
    RUNS,
    Answers,
    Cast,
    Row,
    answers,
    of_company,
    of_everybody,
    of_group,
)


def _photo(cast: Cast, group: Any) -> Iterable[str]:
    return ("small",)


def _entry(cast: Cast, group: Any) -> Iterable[int]:
    return (group.entries.order_by("pk").first().pk,)


def _master(cast: Cast, group: Any) -> dict[str, int]:
    return {"member": group.masters.order_by("pk").first().member_id}


def _drawn(cast: Cast) -> Iterable[int]:
    return (cast.draft.pk,)


def _restore() -> list[Row]:
    """Rule 2.17: administrators alone. Who restores what is there already is led to it."""
    there = [
        Row(
            answers(302, {"administrator"}, KNOWS[name]),
            answers(302, {"administrator"}, KNOWS[name]),
            args=lambda cast, name=name: (getattr(cast, name).pk,),  # type: ignore[misc]
            label=name,
        )
        for name in ("group", "private_group", "external_group")
    ]
    knows = {"administrator", "superuser"}
    gone = Row(
        answers(200, {"administrator"}, knows),
        answers(302, {"administrator"}, knows),
        args=lambda cast: (cast.deleted_group.pk,),
        data=lambda cast: {"name": "Old things"},
        label="deleted_group",
    )
    return [*there, gone]


def _asked(*, post: bool = False) -> list[Row]:
    """Rule 7: what a dialog asks while it is filled in is answered to those who could save it."""

    def row(answered: Answers, **about: Any) -> Row:
        return Row(None, answered, **about) if post else Row(answered, None, **about)

    new = row(answers(200, ADMINISTRATORS), label="new group")
    return [
        new,
        *(
            row(
                answers(200, RUNS[name], KNOWS[name]),
                query=lambda cast, name=name: {"group": getattr(cast, name).pk},
                label=name,
            )
            for name in KNOWS
        ),
    ]


def _person(name: str, may: set[str]) -> Row:
    """Rule 6.4: a person's page is for those of the company, and for those who share a group with them."""
    return Row(answers(200, may, set()), None, args=lambda cast: (getattr(cast, name).pk,), label=name)


def _pick(post: bool = False) -> list[Row]:
    """Rules 1.5, 7: pickers answer those who could save what they pick for."""

    def row(label: str, answered: Answers, query: Callable[[Cast], dict[str, Any]]) -> Row:
        return Row(None if post else answered, answered if post else None, query=query, label=label)

    def of(group: str) -> Row:
        return row(
            group,
            answers(200, RUNS[group], KNOWS[group]),
            lambda cast: {"purpose": "members", "group": getattr(cast, group).pk},
        )

    # A superuser belongs to no company in which there were something to pick.
    mine = answers(200, ADMINISTRATORS, superuser=404)
    return [
        row("new group", mine, lambda cast: {"purpose": "members"}),
        row("new external group", mine, lambda cast: {"purpose": "masters", "kind": "external"}),
        *(of(group) for group in KNOWS),
        row(
            "contacts",
            answers(200, RUNS["external_group"], KNOWS["external_group"]),
            lambda cast: {"purpose": "contacts", "group": cast.external_group.pk},
        ),
    ]


GROUPS: dict[str, list[Row]] = {
    "groups:first_steps": of_company(200, None),
    "groups:first_steps_hide": of_company(None, 302),
    "groups:list": of_everybody(200),
    "groups:managed": of_everybody(200),
    "groups:belonging": of_everybody(200),
    "groups:deleted": of_company(200, None),
    "groups:list_table": of_everybody(None, 200),
    "groups:deleted_table": of_company(None, 200),
    "groups:people_table": of_group(post="see", ok=200),
    "groups:member_groups_table": [
        replace(row, get=None, post=row.get)
        for row in (
            _person("outsider", OWN | {"superuser"}),
            _person("guest", {"administrator", "master", "member", "superuser"} | OTHERS),
        )
    ],
    "groups:detail": of_group("see"),
    "groups:settings_of": of_group("see"),
    "groups:edit_panel": of_group("run", "run", ok=422, more_args=lambda cast, group: ("information",)),
    "groups:part_of": of_group("see"),
    "groups:share_history": of_group(post="run"),
    "groups:history": of_group("run"),
    # The photo of a deleted group stands in "Recently deleted".
    "groups:photo": of_group("see", more_args=_photo, deleted_group={"see": {"administrator", "superuser"}}),
    "groups:edit_members": of_group("run", "run", ok=422),
    # Rule 2.9: internal groups have nobody of other companies.
    "groups:add_external_members": of_group(
        "run", "run", ok=422, group={"run": set()}, private_group={"run": set()}
    ),
    "groups:remove_entry": of_group(post="run", more_args=_entry),
    "groups:name_master": of_group("run", "run", ok=422),
    "groups:remove_master": of_group(post="run", data=_master),
    # Rule 2.7: a master, and not the last one, as the master of `external_group` is.
    "groups:give_up_master": of_group(
        "run", "run", group={"run": {"master"}}, private_group={"run": set()}, external_group={"run": set()}
    ),
    # Rule 2.12: for oneself.
    "groups:add_me": of_group(
        post="run",
        group={"run": {"master"}},
        private_group={"run": set()},
        external_group={"run": {"master"}},
    ),
    "groups:delete": of_group("run", "run", data=lambda cast, group: {"typed": group.name}),
    "groups:restore": _restore(),
    "groups:add": of_company(200, 422),
    "groups:add_external": of_company(200, 422),
    "groups:edit": of_group("run", "run", ok=422),
    "groups:features": [replace(row, args=lambda cast: ("internal",)) for row in _asked()],
    "groups:check_name": _asked(post=True),
    "groups:check_address": _asked(),
    "groups:choose_photo": [
        Row(None, answers(200, ADMINISTRATORS), label="new group"),
        *(
            Row(
                None,
                answers(200, RUNS[name], KNOWS[name]),
                data=lambda cast, name=name: {"group": getattr(cast, name).pk},  # type: ignore[misc]
                label=name,
            )
            for name in KNOWS
        ),
    ],
    # Nobody's but the administrator's who chose it.
    "groups:photo_draft": [Row(answers(200, {"administrator"}, set()), None, args=_drawn)],
    "groups:exports": of_company(200, 302),
    "groups:imports": of_company(200, None),
    "groups:import_add": of_company(None, 422),
    "groups:import_form": of_company(200, None),
    "groups:import_template": [replace(row, args=lambda cast: ("xlsx",)) for row in of_company(200, None)],
    "groups:import": of_company(200, None, "directory_import"),
    # It is at rest, so that there is no progress to show.
    "groups:import_progress": of_company(302, None, "directory_import"),
    "groups:import_report": of_company(200, None, "directory_import"),
    "groups:import_effects": of_company(200, None, "directory_import"),
    "groups:import_columns": of_company(200, 302, "directory_import"),
    "groups:import_start": of_company(None, 422, "directory_import"),
    "groups:import_cancel": of_company(None, 302, "directory_import"),
    "groups:import_discard": of_company(None, 302, "directory_import"),
    "groups:import_look_back": of_company(None, 302, "directory_import"),
    # It has brought nothing in, so that there is nothing to undo.
    "groups:import_undo": of_company(302, 302, "directory_import"),
    "groups:export_download": of_company(None, 404, "company_export"),
    "groups:export_delete": of_company(200, 302, "company_export"),
    "groups:in_other_companies": of_company(200, None),
    # The administrator's own person, in a group of the other company.
    "groups:take_out": of_company(200, 302, "foreign_group", more_args=lambda cast: (cast.teammate.pk,)),
    # Nothing selected.
    "groups:give_back": of_company(200, 422, "outsider"),
    "groups:member": [
        _person("outsider", OWN | {"superuser"}),
        _person("member", OWN | {"guest", "superuser"}),
        _person("guest", {"administrator", "master", "member", "superuser"} | OTHERS),
        # Who has asked the outsider for a contact.
        _person("stranger", OTHERS | {"superuser", "outsider"}),
    ],
    "groups:notifications": of_everybody(200),
    "groups:notifications_bell": of_everybody(200),
    "groups:notifications_read": of_everybody(None, 302),
    "groups:pick": _pick(),
    "groups:pick_teams": _pick(),
    "groups:pick_paste": _pick(post=True),
}

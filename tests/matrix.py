"""The expected answer of every URL to every role (spec 7). A new URL needs a row here, else the suite fails.

Read a row as: who may GET it, who may POST it, and with which status those are answered. By spec 7, whoever
may not know that the thing exists gets 404, whoever may know but not do it gets 403, and whoever is not
signed in is sent to the sign-in page. `None` stands for a verb that the URL does not have: 405.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from groups.models import CalendarFeed, Note, Upload
from tests.factories import (
    FEED_SECRET,
    CalendarFeedFactory,
    EventFactory,
    FolderFactory,
    FolderFileFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    StoredFileFactory,
    TaskFactory,
)

Answers = Mapping[str, int]
Cast = SimpleNamespace
"""What tests.conftest's fixtures are called, as attributes."""

ADMINISTRATORS = {"administrator", "other_administrator"}
OWN = {"outsider", "member", "master", "administrator"}
OTHERS = {"guest", "stranger", "other_administrator"}
SIGNED_IN = OWN | OTHERS | {"superuser"}
ROLES = ("anonymous", *sorted(SIGNED_IN))
# Groups of the cast without a mailing list: nobody does there what needs one.
NO_LIST: dict[str, Any] = {
    "private_group": {"run": set()},
    "external_group": {"run": set()},
}

# Spec 5.3–5.5, 2.17: who may know of each group of the cast.
KNOWS = {
    "group": OWN | {"superuser"},
    "private_group": {"administrator", "superuser"},
    "external_group": {"administrator", "master", "member", "guest", "superuser"},
    "deleted_group": set[str](),
}
# Spec 7: who runs each.
RUNS = {
    "group": {"administrator", "master"},
    "private_group": {"administrator"},
    "external_group": {"administrator", "master"},
    "deleted_group": set[str](),
}


@dataclass(frozen=True)
class Row:
    """What a URL answers, for one choice of its arguments."""

    get: Answers | None
    post: Answers | None
    args: Callable[[Cast], Iterable[Any]] = lambda cast: ()
    data: Callable[[Cast], dict[str, Any]] = lambda cast: {}
    query: Callable[[Cast], dict[str, Any]] = lambda cast: {}
    label: str = field(default="", compare=False)


def answers(ok: int, may: set[str], knows: set[str] = SIGNED_IN, /, **exceptions: int) -> Answers:
    """`ok` for those who may, 403 for those who know, 404 for the others, the sign-in page for nobody."""
    expected = {role: ok if role in may else 403 if role in knows else 404 for role in SIGNED_IN}
    return expected | {"anonymous": 302} | exceptions


def of_group(
    get: str = "",
    post: str = "",
    *,
    ok: int = 302,
    more_args: Callable[[Cast, Any], Iterable[Any]] = lambda cast, group: (),
    data: Callable[[Cast, Any], dict[str, Any]] = lambda cast, group: {},
    **exceptions: dict[str, set[str]],
) -> list[Row]:
    """Rows of a URL below /groups/<pk>/, for each group of the cast. The verbs say who: "see" or "run".

    Exceptions name, for a group, who else may do it or who alone may do it.
    """

    def row(name: str) -> Row:
        may = {"see": KNOWS[name], "run": RUNS[name]} | exceptions.get(name, {})
        knows = KNOWS[name] | may["see"]
        return Row(
            answers(200, may[get], knows) if get else None,
            answers(ok, may[post], knows) if post else None,
            args=lambda cast: (getattr(cast, name).pk, *more_args(cast, getattr(cast, name))),
            data=lambda cast: data(cast, getattr(cast, name)),
            label=name,
        )

    return [row(name) for name in KNOWS]


def of_company(
    get: int | None,
    post: int | None,
    thing: str = "",
    *,
    data: Callable[[Cast], dict[str, Any]] = lambda cast: {},
    more_args: Callable[[Cast], Iterable[Any]] = lambda cast: (),
) -> list[Row]:
    """A row of a page for administrators, each of their own company, perhaps about a thing of Hanbit."""
    theirs = {"other_administrator": 404} if thing else {}
    return [
        Row(
            None if get is None else answers(get, ADMINISTRATORS, **theirs),
            None if post is None else answers(post, ADMINISTRATORS, **theirs),
            args=lambda cast: (getattr(cast, thing).pk, *more_args(cast)) if thing else (),
            data=data,
            label=thing,
        )
    ]


def of_everybody(get: int | None, post: int | None = None, **exceptions: int) -> list[Row]:
    """A row of a page that everybody who is signed in has."""
    return [
        Row(
            None if get is None else answers(get, SIGNED_IN, **exceptions),
            None if post is None else answers(post, SIGNED_IN, **exceptions),
        )
    ]


def everybody(status: int) -> Answers:
    """The same for all, signed in or not."""
    return dict.fromkeys(ROLES, status)


def public(get: int | None, post: int | None = None, **exceptions: int) -> list[Row]:
    """A row of a page that needs no sign-in; the same for all but the exceptions."""
    return of_everybody(get, post, **({"anonymous": get or post or 0} | exceptions))


def _photo(cast: Cast, group: Any) -> Iterable[str]:
    return ("small",)


def _entry(cast: Cast, group: Any) -> Iterable[int]:
    return (group.entries.order_by("pk").first().pk,)


def _master(cast: Cast, group: Any) -> dict[str, int]:
    return {"member": group.masters.order_by("pk").first().member_id}


def _drawn(cast: Cast) -> Iterable[int]:
    return (cast.draft.pk,)


def _restore() -> list[Row]:
    """Spec 2.17: administrators alone. Who restores what is there already is led to it."""
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
    """Spec 7: what a dialog asks while it is filled in is answered to those who could save it."""

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
    """Spec 6.4: a person's page is for those of the company, and for those who share a group with them."""
    return Row(answers(200, may, set()), None, args=lambda cast: (getattr(cast, name).pk,), label=name)


def _contact(whose: set[str], other: str) -> list[Row]:
    """Spec 6.2: what one does with a person of another company whom one knows, or who has asked."""
    return [Row(None, answers(302, whose, set()), args=lambda cast: (getattr(cast, other).pk,), label=other)]


def _pick(post: bool = False) -> list[Row]:
    """Spec 1.5, 7: pickers answer those who could save what they pick for."""

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
        row("people", mine, lambda cast: {"purpose": "people"}),
        row("people or teams", mine, lambda cast: {"purpose": "crowd"}),
        *(of(group) for group in KNOWS),
        row(
            "contacts",
            answers(200, RUNS["external_group"], KNOWS["external_group"]),
            lambda cast: {"purpose": "contacts", "group": cast.external_group.pk},
        ),
    ]


ACCOUNTS: dict[str, list[Row]] = {
    # Signed in already, one is sent on to where one would land.
    "account_login": public(302, 302, anonymous=200),
    "account_logout": of_everybody(200, 302),
    "account_change_password": of_everybody(200, 200),
    "account_set_password": of_everybody(302, 302),
    "account_reset_password": public(200, 200),
    "account_reset_password_done": public(200),
    "account_reset_password_from_key": [
        Row(
            answers(200, SIGNED_IN, anonymous=200),
            answers(200, SIGNED_IN, anonymous=200),
            args=lambda cast: ("1", "no-key"),
        )
    ],
    "account_reset_password_from_key_done": public(200),
    "account_reauthenticate": of_everybody(200, 200),
    "account_inactive": public(200),
    "accounts:member_list": of_company(200, None),
    "accounts:member_add": of_company(200, 422),
    "accounts:member_edit": of_company(200, 422, "outsider"),
    "accounts:member_deactivate": of_company(None, 302, "outsider"),
    "accounts:member_delete": of_company(200, 302, "outsider"),
    "accounts:member_activate": of_company(None, 302, "outsider"),
    "accounts:member_send_sign_in_mail": of_company(None, 302, "outsider"),
    "accounts:team_list": of_company(200, None),
    "accounts:team_add": of_company(200, 422),
    "accounts:team_people": of_company(200, None, "team"),
    # A level of the chart, which without htmx leads to the team's page.
    "accounts:team_below": of_company(302, None, "team"),
    "accounts:team_edit": of_company(200, 422, "team"),
    "accounts:team_move": of_company(200, 302, "team"),
    "accounts:team_delete": of_company(200, 302, "team"),
    "accounts:team_people_add": of_company(200, 422, "team"),
    "accounts:team_people_remove": of_company(None, 302, "team", more_args=lambda cast: (cast.teammate.pk,)),
    "accounts:settings": of_company(200, 422),
    "accounts:domain_add": of_company(None, 422),
    "accounts:domain_remove": of_company(None, 302, "domain"),
    "accounts:domain_make_primary": of_company(None, 302, "domain"),
    "accounts:connection": of_company(200, None),
    "accounts:connection_add": of_company(200, 422),
    "accounts:connection_remove": of_company(None, 302),
    "accounts:connection_companies": of_company(200, None),
    "accounts:connection_company_add": of_company(None, 422),
    "accounts:connection_company_remove": of_company(None, 302, "partner_domain"),
    "accounts:audit": of_company(200, None),
    "accounts:audit_csv": of_company(None, 200),
    "accounts:audit_entry": of_company(200, None, "audit_entry"),
    # Its company's administrators', and whose it is.
    "accounts:job": [
        Row(answers(200, {"administrator", "member"}, set()), None, args=lambda cast: (cast.job.pk,))
    ],
    "accounts:profile": of_everybody(200, 302),
    "accounts:profile_photo": of_everybody(None, 422),
    "accounts:profile_photo_remove": of_everybody(None, 302),
    # Spec 6.4: of people of other companies too, as far as one sees their page.
    "accounts:member_photo": [
        Row(answers(200, OWN | {"guest", "superuser"}, set()), None, args=lambda cast: (cast.member.pk,))
    ],
    # Spec 6: a person's own; a superuser has no company and so no other companies.
    "accounts:contacts": of_everybody(200, superuser=403),
    "accounts:contact_add": of_everybody(200, 422, superuser=403),
    "accounts:contact_accept": _contact({"outsider"}, "stranger"),
    "accounts:contact_block": [*_contact({"outsider"}, "stranger"), *_contact({"member"}, "guest")],
    "accounts:contact_unblock": _contact({"outsider"}, "other_administrator"),
    "accounts:contact_remove": _contact({"member"}, "guest"),
    "accounts:contact_take_back": [
        Row(None, answers(302, {"stranger"}, set()), args=lambda cast: (cast.contact_request.pk,))
    ],
}

GROUPS: dict[str, list[Row]] = {
    "groups:list": of_everybody(200),
    "groups:managed": of_everybody(200),
    "groups:belonging": of_everybody(200),
    "groups:deleted": of_company(200, None),
    "groups:detail": of_group("see"),
    "groups:settings_of": of_group("see"),
    "groups:part_of": of_group("see"),
    "groups:share_history": of_group(post="run"),
    "groups:history": of_group("run"),
    # The photo of a deleted group stands in "Recently deleted".
    "groups:photo": of_group("see", more_args=_photo, deleted_group={"see": {"administrator", "superuser"}}),
    "groups:edit_members": of_group("run", "run", ok=422),
    # Spec 2.9: internal groups have nobody of other companies.
    "groups:add_external_members": of_group(
        "run", "run", ok=422, group={"run": set()}, private_group={"run": set()}
    ),
    "groups:remove_entry": of_group(post="run", more_args=_entry),
    "groups:name_master": of_group("run", "run", ok=422),
    "groups:remove_master": of_group(post="run", data=_master),
    # Spec 2.7: a master, and not the last one, as the master of `external_group` is.
    "groups:give_up_master": of_group(
        post="run", group={"run": {"master"}}, private_group={"run": set()}, external_group={"run": set()}
    ),
    # Spec 2.12: for oneself.
    "groups:add_me": of_group(
        post="run",
        group={"run": {"master"}},
        private_group={"run": set()},
        external_group={"run": {"master"}},
    ),
    "groups:delete": of_group("run", "run"),
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
    "groups:elsewhere": of_company(200, None),
    # The administrator's own person, in a group of the other company.
    "groups:take_out": of_company(200, 302, "foreign_group", more_args=lambda cast: (cast.teammate.pk,)),
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

MAIL: dict[str, list[Row]] = {
    "groups:mail_of": of_group("see"),
    # Spec 4.6: only who is designated, which nobody of the cast is.
    "groups:new_mail": of_group("run", "run", group={"run": set()}, **NO_LIST),
    # Spec 4.3: who is in the group and so gets its mail; the others are told that they are not.
    "groups:unsubscribe": [
        replace(row, post=answers(302, {"member"} if row.label == "group" else set(), KNOWS[row.label]))
        for row in of_group("see", "see")
    ],
    "groups:resubscribe": of_group(post="see", private_group={"see": set()}, external_group={"see": set()}),
    "groups:contacts_import": of_group("run", "run", ok=422, **NO_LIST),
    "groups:contacts_add": of_group(post="run", ok=422, **NO_LIST),
    # Whoever has no signed address learns nothing; with one, nobody needs to sign in.
    "groups:unsubscribe_contact": [
        Row(everybody(404), everybody(404), args=lambda cast: ("no-token",), label="forged"),
        Row(everybody(200), everybody(200), args=lambda cast: (cast.leaving,), label="signed"),
    ],
    "groups:failing_addresses": of_company(200, None),
    "groups:let_in": of_company(None, 302, "failing"),
    "groups:mail_audit": of_company(200, None),
    "groups:mail_csv": of_company(None, 200),
    "groups:mail_record": of_company(200, None, "mail"),
}


# Spec 3.6: who is in each group of the cast, whatever else they may do to it. Message is on in `group` alone.
IN = {"group": {"member"}, "external_group": {"member", "guest"}}


def in_room(
    get: int | None,
    post: int | None = None,
    *,
    more_args: Callable[[Cast, Any], Iterable[Any]] = lambda cast, group: (),
    data: Callable[[Cast, Any], dict[str, Any]] = lambda cast, group: {},
) -> list[Row]:
    """Rows of a URL below /rooms/<pk>/ of a feature that is on in `group` alone."""

    def row(name: str) -> Row:
        inside = IN.get(name, set())
        return Row(
            None if get is None else answers(get if name == "group" else 404, inside, KNOWS[name]),
            None if post is None else answers(post if name == "group" else 404, inside, KNOWS[name]),
            args=lambda cast: (getattr(cast, name).pk, *more_args(cast, getattr(cast, name))),
            data=lambda cast: data(cast, getattr(cast, name)),
            label=name,
        )

    return [row(name) for name in KNOWS]


def _room() -> list[Row]:
    """Spec 2.12: masters who are no members are led to the group's page, where they can become one."""
    rows = in_room(302)
    runs = {"group", "external_group"}
    return [
        replace(row, get={**row.get, "master": 302} if row.get and row.label in runs else row.get)
        for row in rows
    ]


def _message(cast: Cast, group: Any) -> Iterable[int]:
    """A message of the member's."""
    return (MessageFactory.create(group=group, author=cast.member).pk,)


def _text(cast: Cast, group: Any) -> dict[str, str]:
    return {"text": "Hello"}


def _message_file(cast: Cast, group: Any) -> Iterable[int]:
    """A picture of a message of the member's."""
    return (StoredFileFactory.create(group=group, author=cast.member).pk,)


def _folder_on(cast: Cast, group: Any) -> Iterable[Any]:
    """Folder is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(folder=True)
    return ()


def _folder_in(cast: Cast, group: Any) -> Iterable[Any]:
    return (*_folder_on(cast, group), FolderFactory.create(group=group, author=cast.member).pk)


def _folder_token(cast: Cast, group: Any) -> Iterable[Any]:
    return (f"d{next(iter(_folder_in(cast, group)))}",)


def _folder_file(cast: Cast, group: Any) -> Iterable[Any]:
    return (*_folder_on(cast, group), FolderFileFactory.create(group=group, author=cast.member).pk)


def _binned(cast: Cast, group: Any) -> Iterable[Any]:
    """Something that the member has put into the bin."""
    binned = {"binned_at": timezone.now(), "binned_by": cast.member}
    folder = FolderFactory.create(group=group, author=cast.member, **binned)
    return (*_folder_on(cast, group), f"d{folder.pk}")


def _upload(cast: Cast, group: Any) -> Iterable[Any]:
    """A file of the member's that has not begun to arrive."""
    upload = Upload(group=group, member=cast.member, key=uuid.uuid4(), name="large.bin", size=5)
    upload.fingerprint = upload.key.hex
    upload.file.save("upload", ContentFile(b""))
    return (*_folder_on(cast, group), upload.key)


def _note_to_delete(cast: Cast, group: Any) -> Iterable[Any]:
    Note.objects.create(group=group, title="Note")
    return ("note",)


def _typed(cast: Cast, group: Any) -> dict[str, str]:
    return {"typed": group.name}


FOLDER: dict[str, list[Row]] = {
    "room:folder": in_room(200, more_args=_folder_on),
    "room:folder_in": in_room(200, more_args=_folder_in),
    "room:folder_add": in_room(None, 302, more_args=_folder_on, data=lambda cast, group: {"name": "New"}),
    "room:folder_seen": in_room(None, 204, more_args=_folder_on),
    "room:folder_rename": in_room(
        200, 302, more_args=_folder_token, data=lambda cast, group: {"name": "Other"}
    ),
    "room:folder_move": in_room(200, 200, more_args=_folder_on),
    "room:folder_delete": in_room(None, 302, more_args=_folder_on),
    "room:folder_zip": in_room(302, 302, more_args=_folder_on),
    "room:bin": in_room(200, more_args=_folder_on),
    "room:bin_restore": in_room(None, 302, more_args=_binned),
    "room:bin_delete": in_room(None, 302, more_args=_binned),
    "room:upload": in_room(None, 422, more_args=_folder_on),
    "room:upload_begin": in_room(
        None, 200, more_args=_folder_on, data=lambda cast, group: {"name": "large.bin", "size": "5"}
    ),
    "room:upload_piece": in_room(200, 200, more_args=_upload, data=lambda cast, group: {"offset": "0"}),
    "room:file_versions": in_room(200, more_args=_folder_file),
    "room:folder_file": in_room(200, more_args=_folder_file),
    "room:version_restore": in_room(
        None, 302, more_args=_folder_file, data=lambda cast, group: {"version": "1"}
    ),
    "groups:delete_data": of_group("run", "run", more_args=_note_to_delete, data=_typed),
}


def _note_on(cast: Cast, group: Any) -> Iterable[Any]:
    """Note is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(note=True)
    return ()


def _note(cast: Cast, group: Any) -> Iterable[Any]:
    """A note of the member's."""
    return (*_note_on(cast, group), NoteFactory.create(group=group, author=cast.member).pk)


def _comment(cast: Cast, group: Any) -> Iterable[Any]:
    """A comment of the member's on a note."""
    note = NoteFactory.create(group=group)
    return (*_note_on(cast, group), note.pk, NoteCommentFactory.create(note=note, author=cast.member).pk)


def _note_text(cast: Cast, group: Any) -> dict[str, str]:
    return {"title": "Minutes", "text": "Hello", "version": "1"}


NOTE: dict[str, list[Row]] = {
    "room:notes": in_room(200, more_args=_note_on),
    "room:note_add": in_room(200, 302, more_args=_note_on, data=_note_text),
    "room:note_preview": in_room(None, 200, more_args=_note_on, data=_note_text),
    "room:notes_seen": in_room(None, 302, more_args=_note_on),
    "room:note": in_room(200, more_args=_note),
    "room:note_edit": in_room(200, 302, more_args=_note, data=_note_text),
    "room:note_delete": in_room(200, 302, more_args=_note),
    "room:note_pin": in_room(None, 302, more_args=_note, data=lambda cast, group: {"pinned": "1"}),
    "room:note_comment_add": in_room(None, 302, more_args=_note, data=_note_text),
    "room:note_comment_edit": in_room(200, 302, more_args=_comment, data=_note_text),
    "room:note_comment_delete": in_room(None, 302, more_args=_comment),
}


def _task_on(cast: Cast, group: Any) -> Iterable[Any]:
    """Task is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(task=True)
    return ()


def _task(cast: Cast, group: Any) -> Iterable[Any]:
    return (*_task_on(cast, group), TaskFactory.create(group=group, author=cast.master).pk)


def _task_text(cast: Cast, group: Any) -> dict[str, Any]:
    return {"title": "Water the plants", "version": "1"}


TASK: dict[str, list[Row]] = {
    "room:my_tasks": of_everybody(200),
    "room:tasks": in_room(200, 302, more_args=_task_on, data=_task_text),
    "room:tasks_seen": in_room(None, 204, more_args=_task_on),
    "room:task_add": in_room(200, 302, more_args=_task_on, data=_task_text),
    "room:task": in_room(200, more_args=_task),
    "room:task_edit": in_room(200, 302, more_args=_task, data=_task_text),
    "room:task_delete": in_room(200, 302, more_args=_task),
    "room:task_done": in_room(None, 302, more_args=_task, data=lambda cast, group: {"done": "1"}),
    "room:task_move": in_room(None, 302, more_args=_task, data=lambda cast, group: {"step": "up"}),
}

ROOM: dict[str, list[Row]] = {
    "room:list": of_everybody(200),
    "room:room": _room(),
    "room:messages": in_room(200, 302, data=_text),
    "room:message_changes": in_room(200),
    "room:messages_seen": in_room(None, 302),
    "room:message_people": in_room(200),
    "room:message_edit": in_room(200, 302, more_args=_message, data=_text),
    "room:message_recall": in_room(None, 302, more_args=_message),
    "room:file": in_room(200, more_args=_message_file),
    "room:preview": in_room(200, more_args=_message_file),
}


def _event_on(cast: Cast, group: Any) -> Iterable[int]:
    """Event is on in `group`, like Message."""
    type(group).objects.filter(pk=cast.group.pk).update(event=True)
    return ()


def _event(cast: Cast, group: Any) -> Iterable[int]:
    """An event of the member's."""
    return (*_event_on(cast, group), EventFactory.create(group=group, author=cast.member).pk)


def _event_form(cast: Cast, group: Any) -> dict[str, Any]:
    return {"title": "Lunch", "start_date": "2027-03-01", "start_time": "12:00", "version": "1"}


def _calendar_file(cast: Cast, group: Any) -> dict[str, Any]:
    event = "BEGIN:VEVENT\nUID:1@example\nDTSTART:20270301T120000Z\nSUMMARY:Lunch\nEND:VEVENT"
    return {"text": f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR"}


def _feed(cast: Cast) -> Iterable[str]:
    """The member's private address of the group's calendar."""
    _event_on(cast, cast.group)
    if not CalendarFeed.objects.exists():
        CalendarFeedFactory.create(group=cast.group, member=cast.member)
    return (FEED_SECRET,)


EVENTS: dict[str, list[Row]] = {
    "room:events": in_room(200, more_args=_event_on),
    "room:events_seen": in_room(None, 204, more_args=_event_on, data=lambda cast, group: {"newest": "1"}),
    "room:event_add": in_room(200, 302, more_args=_event_on, data=_event_form),
    "room:events_import": in_room(200, 302, more_args=_event_on, data=_calendar_file),
    "room:events_feed": in_room(200, more_args=_event_on),
    "room:events_feed_create": in_room(None, 200, more_args=_event_on),
    "room:events_feed_remove": in_room(None, 302, more_args=_event_on),
    "room:event": in_room(200, more_args=_event),
    "room:event_edit": in_room(200, 302, more_args=_event, data=_event_form),
    "room:event_delete": in_room(200, 302, more_args=_event, data=lambda cast, group: {"version": "1"}),
    "room:event_attend": in_room(None, 302, more_args=_event, data=lambda cast, group: {"answer": "yes"}),
    # The secret in the address is enough: it is the member's.
    "room:feed": [Row(dict.fromkeys(ROLES, 200), None, args=_feed)],
}

MATRIX: dict[str, list[Row]] = {
    # One lands at the groups, and superusers in Django admin.
    "home": of_everybody(302),
    **ACCOUNTS,
    **GROUPS,
    **MAIL,
    **ROOM,
    **EVENTS,
    **FOLDER,
    **NOTE,
    **TASK,
}

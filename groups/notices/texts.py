"""Puts notices into words (rule 5.1), the same on the page and in mails, as far as the reader may know.

Only colleagues learn who did it: of people from other companies one knows those in one's groups and
contacts, not who administers them (rule 6.4). A group is linked if the reader sees it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Member
from accounts.permissions import is_foreign
from groupadmin.base import dates
from groupadmin.base.text import balanced, clean_line, isolated
from groups import permissions
from groups.models import Notice, Notification
from groups.room.calendar.descriptions import titles_of_events
from groups.room.calendar.occurrences import key_of
from groups.room.tasks.reading import titles_for

Kind = Notice.Kind

_SUBJECT_NAME_LENGTH = 80
_PEOPLE_NAMED = 5

_BY_SOMEBODY: dict[str, Promise] = {
    Kind.RENAMED: gettext_lazy("{who} renamed {before} to {group}."),
    Kind.DELETED: gettext_lazy("{who} deleted {group}."),
    Kind.JOINED: gettext_lazy("{who} added you to {group}."),
    Kind.REMOVED: gettext_lazy("{who} removed you from {group}."),
    Kind.CONNECTED: gettext_lazy("{who} allowed you to connect with people from other companies."),
    Kind.DISCONNECTED: gettext_lazy(
        "{who} removed your permission to connect with people from other companies."
    ),
    Kind.CONTACT_ASKED: gettext_lazy("{who} from {company} wants to add you as a contact."),
    Kind.CONTACT_ACCEPTED: gettext_lazy("{who} is now one of your contacts."),
    Kind.MENTIONED: gettext_lazy("{who} mentioned you in {group}."),
    Kind.TASK_ASSIGNED: gettext_lazy("{who} assigned you a task in {group}: {task}."),
}
_BY_NOBODY: dict[str, Promise] = {
    Kind.RENAMED: gettext_lazy("{before} was renamed to {group}."),
    Kind.DELETED: gettext_lazy("{group} was deleted."),
    Kind.JOINED: gettext_lazy("You were added to {group}."),
    Kind.REMOVED: gettext_lazy("You were removed from {group}."),
    Kind.CONNECTED: gettext_lazy("You can now connect with people from other companies."),
    Kind.DISCONNECTED: gettext_lazy("You can no longer connect with people from other companies."),
    Kind.CONTACT_ASKED: gettext_lazy("Someone wants to add you as a contact."),
    Kind.CONTACT_ACCEPTED: gettext_lazy("Someone accepted your contact request."),
    Kind.MENTIONED: gettext_lazy("Someone mentioned you in {group}."),
    Kind.TASK_ASSIGNED: gettext_lazy("You were assigned a task in {group}: {task}."),
    Kind.EVENT_REMINDER: gettext_lazy("{event} in {group}: {when}."),
    Kind.MAIL_PAUSED: gettext_lazy(
        "Emails to {address} came back. You get no emails from mailing lists until you resume them."
    ),
    Kind.ADDRESS_PAUSED: gettext_lazy(
        "Emails to {address} came back. The address gets no emails from mailing lists until it is resumed."
    ),
    Kind.STAYS_ACTIVE: gettext_lazy(
        "{people} is not employed today, but stays active as the last administrator. Make someone else an "
        "administrator, or change their first and last day."
    ),
    Kind.MAIL_STUCK: gettext_lazy(
        "Emails of mailing lists wait, because the mail server does not take them: {error}"
    ),
}
_RESTORED = (
    gettext_lazy("{who} restored {group}. You are back in it."),
    gettext_lazy("{group} was restored. You are back in it."),
)
# A task's title is for those who see it now: not if Task is off, nor for people who left.
_TASK_UNSEEN = (
    gettext_lazy("{who} assigned you a task in {group}."),
    gettext_lazy("You were assigned a task in {group}."),
)
_EVENT_UNSEEN = gettext_lazy("An event in {group} was about to start.")
_SUBJECTS: dict[str, Promise] = {
    Kind.RENAMED: gettext_lazy("{group}: the group was renamed"),
    Kind.DELETED: gettext_lazy("{group}: the group was deleted"),
    Kind.JOINED: gettext_lazy("{group}: you were added"),
    Kind.REMOVED: gettext_lazy("{group}: you were removed"),
    Kind.PEOPLE_LEFT: gettext_lazy("{group}: people left"),
    Kind.MENTIONED: gettext_lazy("{group}: you were mentioned"),
    Kind.TASK_ASSIGNED: gettext_lazy("{group}: you were assigned a task"),
    Kind.EVENT_REMINDER: gettext_lazy("{group}: an event is about to start"),
}
_PAGES: dict[str, str] = {
    Kind.MAIL_PAUSED: "groups:own_address",
    Kind.MAIL_STUCK: "admin:groups_envelope_changelist",
}
_ICONS = {
    Kind.RENAMED: "pencil",
    Kind.DELETED: "trash-2",
    Kind.JOINED: "user-plus",
    Kind.REMOVED: "user-minus",
    Kind.LEFT_BY_RULE: "log-out",
    Kind.PEOPLE_LEFT: "users",
    Kind.CONNECTED: "link",
    Kind.DISCONNECTED: "unlink",
    Kind.CONTACT_ASKED: "contact",
    Kind.CONTACT_ACCEPTED: "handshake",
    Kind.MENTIONED: "at-sign",
    Kind.TASK_ASSIGNED: "square-check-big",
    Kind.EVENT_REMINDER: "alarm-clock",
    Kind.MAIL_PAUSED: "mail-warning",
    Kind.ADDRESS_PAUSED: "mail-warning",
    Kind.STAYS_ACTIVE: "shield",
    Kind.MAIL_STUCK: "triangle-alert",
}


@dataclass(frozen=True)
class NoticeText:
    """A notification in words, for its reader."""

    pk: int
    at: datetime
    is_read: bool
    icon: str
    html: SafeString
    text: str
    subject: str
    # Where to see more; empty if there is nothing left.
    url: str
    is_of_group: bool


def describe(notifications: Iterable[Notification], reader: Member, site: str = "") -> list[NoticeText]:
    """The notifications, with their notices, in words; links start with the site's address if given."""
    listed = list(notifications)
    ids = {one.notice.group_id for one in listed if one.notice.group_id is not None}
    visible: set[int] = set()
    if ids:
        visible = set(permissions.visible_groups(reader).filter(pk__in=ids).values_list("pk", flat=True))
    _name_tasks(listed, reader)
    _name_events(listed, reader)
    return [_told(one, reader, visible, site) for one in listed]


def _name_tasks(notifications: Iterable[Notification], reader: Member) -> None:
    """Gives notices of tasks the current titles, if the reader sees the tasks now."""
    told = [one.notice for one in notifications if one.notice.kind == Kind.TASK_ASSIGNED]
    titles = titles_for(reader, [notice.details.get("task", 0) for notice in told]) if told else {}
    for notice in told:
        notice.details["title"] = titles.get(notice.details.get("task", 0), "")


def _name_events(notifications: Iterable[Notification], reader: Member) -> None:
    """The same for reminders of events."""
    told = [one.notice for one in notifications if one.notice.kind == Kind.EVENT_REMINDER]
    titles = titles_of_events(reader, [notice.details.get("event", 0) for notice in told]) if told else {}
    for notice in told:
        notice.details["title"] = titles.get(notice.details.get("event", 0), "")


def _told(notification: Notification, reader: Member, visible: set[int], site: str) -> NoticeText:
    notice = notification.notice
    path = _path(notice, visible)
    url = site + path if path else ""
    template = _template(notice, reader)
    names = _names(notice, _html_name)
    linked = _linked(notice)
    if url and notice.kind != Kind.CONNECTED:
        names[linked] = format_html('<a href="{}">{}</a>', url, names[linked])
    return NoticeText(
        pk=notification.pk,
        at=notice.at,
        is_read=notification.read_at is not None,
        icon=_ICONS[Kind(notice.kind)],
        html=format_html(template, **names),
        text=template.format(**_names(notice, isolated)),
        subject=_subject(notice),
        url=url,
        is_of_group=bool(notice.group_name) or notice.kind == Kind.LEFT_BY_RULE,
    )


def _linked(notice: Notice) -> str:
    """The name in the text that the link is on."""
    if notice.kind in (Kind.MAIL_PAUSED, Kind.ADDRESS_PAUSED):
        return "address"
    if notice.kind == Kind.MAIL_STUCK:
        return "error"
    if notice.kind == Kind.STAYS_ACTIVE:
        return "people"
    return "group" if notice.group_name else "who"


def _template(notice: Notice, reader: Member) -> str:
    named = bool(notice.by_name) and _may_name(notice, reader)
    if notice.kind == Kind.LEFT_BY_RULE:
        count = int(notice.details.get("count", 0))
        return ngettext(
            "You left the external group {groups}.", "You left {count} external groups: {groups}.", count
        )
    if notice.kind == Kind.PEOPLE_LEFT:
        count = int(notice.details.get("count", 0))
        return ngettext("{people} left {group}.", "{count} people left {group}: {people}.", count)
    if notice.kind == Kind.JOINED and notice.details.get("restored"):
        return str(_RESTORED[0] if named else _RESTORED[1])
    if notice.kind == Kind.EVENT_REMINDER and not notice.details["title"]:
        return str(_EVENT_UNSEEN)
    if notice.kind == Kind.TASK_ASSIGNED and not notice.details["title"]:
        return str(_TASK_UNSEEN[0] if named else _TASK_UNSEEN[1])
    return str((_BY_SOMEBODY if named else _BY_NOBODY)[notice.kind])


def _may_name(notice: Notice, reader: Member) -> bool:
    # People in a group together know each other's names.
    if notice.kind in (Kind.CONTACT_ASKED, Kind.CONTACT_ACCEPTED, Kind.MENTIONED):
        return True
    return notice.by is not None and not is_foreign(reader, notice.by.company_id)


def _names(notice: Notice, shown: Callable[[str], str]) -> dict[str, str]:
    details = notice.details
    count = int(details.get("count", 0))
    return {
        "who": shown(notice.by_name),
        "group": shown(notice.group_name),
        "before": shown(str(details.get("before", ""))),
        "company": shown(str(details.get("company", ""))),
        "address": shown(str(details.get("address", ""))),
        "error": shown(str(details.get("error", ""))),
        "groups": _listed(details.get("groups", []), count, shown),
        "people": _listed(details.get("people", [])[:_PEOPLE_NAMED], count, shown),
        "count": f"{count:,}",
        "event": shown(str(details.get("title", ""))),
        "task": shown(str(details.get("title", ""))),
        "when": _when(details) if details.get("starts_at") else "",
    }


def _when(details: dict[str, Any]) -> str:
    """When an event is, in the reader's time zone; an all-day one has the same day everywhere."""
    starts_at = datetime.fromisoformat(details["starts_at"])
    if details.get("is_all_day"):
        return dates.day(starts_at.date())
    return dates.moment_with_zone(starts_at)


def _listed(names: list[str], count: int, shown: Callable[[str], str]) -> str:
    """The first names, and how many more there are."""
    join = format_html_join if shown is _html_name else _text_join
    listed = join(", ", "{}", [(shown(name),) for name in names])
    if (more := count - len(names)) <= 0:
        return listed
    template = ngettext("{names} and {more} more", "{names} and {more} more", more)
    if shown is _html_name:
        return format_html(template, names=listed, more=f"{more:,}")
    return template.format(names=listed, more=f"{more:,}")


def _text_join(separator: str, template: str, rows: list[tuple[str]]) -> str:
    return separator.join(template.format(*row) for row in rows)


def _html_name(name: str) -> SafeString:
    return format_html('<bdi class="name">{}</bdi>', balanced(name))


def _subject(notice: Notice) -> str:
    """The subject of a mail about this alone: one line, not too long."""
    template = _SUBJECTS.get(notice.kind)
    if template is None:
        return str(notice.get_kind_display())
    name = clean_line(notice.group_name)
    if len(name) > _SUBJECT_NAME_LENGTH:
        name = name[:_SUBJECT_NAME_LENGTH].rstrip() + "…"
    return str(template).format(group=isolated(name))


def _path(notice: Notice, visible: set[int]) -> str:
    if notice.kind == Kind.MENTIONED and notice.group_id in visible:
        pk = int(notice.details.get("message", 0))
        return f"{reverse('room:messages', args=[notice.group_id])}?at={pk}#message-{pk}"
    if notice.kind == Kind.EVENT_REMINDER and notice.details["title"]:
        at = key_of(datetime.fromisoformat(notice.details["starts_at"]))
        return f"{reverse('room:event', args=[notice.group_id, notice.details['event']])}?at={at}"
    if notice.kind == Kind.TASK_ASSIGNED and notice.details["title"]:
        return reverse("room:task", args=[notice.group_id, notice.details["task"]])
    if notice.group_id is not None:
        return reverse("groups:detail", args=[notice.group_id]) if notice.group_id in visible else ""
    if notice.kind in _PAGES:
        return reverse(_PAGES[notice.kind])
    if notice.kind == Kind.STAYS_ACTIVE:
        return reverse("groups:member", args=[notice.details["member"]])
    if notice.kind == Kind.ADDRESS_PAUSED:
        return reverse("groups:failing_addresses", query={"q": notice.details.get("address", "")})
    if notice.kind in (Kind.CONTACT_ASKED, Kind.CONTACT_ACCEPTED, Kind.CONNECTED):
        try:
            return reverse("accounts:contacts")
        except NoReverseMatch:
            return ""
    return ""


def summary(told: list[NoticeText], count: int) -> str:
    """The subject of a mail about all of these; `count` is how many there are."""
    if count == 1:
        return told[0].subject
    words = ngettext("%(count)s notification", "%(count)s notifications", count)
    if all(one.is_of_group for one in told):
        words = ngettext("%(count)s update from your groups", "%(count)s updates from your groups", count)
    return words % {"count": f"{count:,}"}

"""Mailman 3: asked by its REST interface, or by files with the interface's answers (rule 10.9).

An answer says itself what it is about, so files may hold any of them, in any order: `lists`,
`lists/…/config`, `members` and `lists/…/roster/nonmember`, or all rosters, and `members/…/all/preferences`,
by which one knows who gets no mail.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _
from mailmanclient.restbase.connection import Connection, MailmanConnectionError

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record

from . import Source, SourceFile
from .bundles import heads_in, unpacked
from .files.documents import items_of
from .files.tables import head_of
from .lists import KnownList, Posting, pattern_left_out, plain, with_own_names

AT_ONCE = 500
ENABLED = "enabled"
PASSES = ("accept", "defer")
"""What Mailman does with mail that it does not keep from the list."""

Answer = Mapping[str, Any]


def recognises(file: SourceFile) -> bool:
    """Whether the file has answers of Mailman's, or is a bundle of such files."""
    return _is_answer(head_of(file)) or any(_is_answer(head) for _name, head in heads_in(file, _is_wanted))


def _is_answer(head: bytes) -> bool:
    return b'"http_etag"' in head or (b'"list_id"' in head and b'"self_link"' in head)


def _is_wanted(name: str) -> bool:
    return name.endswith((".json", ".jsonl", ".txt"))


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Reads the answers twice: first what there is of lists, then people. Raises Invalid without lists."""
    found = _Found()
    answers = unpacked(files, _is_wanted)
    for file in answers:
        for item in items_of(file, ["entries"]):
            if isinstance(item, Problem):
                yield item
            else:
                found.take(item.values, file.name)
    if not found.lists:
        raise Invalid("files", _("There are no lists in these answers of Mailman's. Add those to “lists”."))
    lists = found.known_lists()
    yield from _records_of_lists(lists)
    for file in answers:
        for item in items_of(file, ["entries"]):
            if not isinstance(item, Problem) and "role" in item.values:
                yield from _person(item.values, lists, found, file.name, item.number)


def ask(url: str) -> Iterator[Record | Problem]:
    """Asks Mailman at a URL such as http://127.0.0.1:8001/3.1. Raises Invalid if it does not answer.

    User and password are those of the URL, or better of the settings: nobody sees them in the list of
    processes.
    """
    mailman = _Mailman(url)
    found = _Found()
    for one in mailman.all("lists"):
        found.take(one)
        found.take(mailman.one(f"lists/{quote(one['list_id'])}/config"))
    lists = found.known_lists()
    yield from _records_of_lists(lists)
    for list_id in lists.by_id:
        for role in ("owner", "moderator", "member", "nonmember"):
            for person in mailman.all(f"lists/{quote(list_id)}/roster/{role}"):
                if role == "member":
                    found.take(mailman.one(f"members/{quote(person['member_id'])}/all/preferences"))
                yield from _person(person, lists, found)


class _Mailman:
    """The interface of a running Mailman, asked in pages."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        user = unquote(parts.username or "") or settings.MAILMAN_USER
        password = unquote(parts.password or "") or settings.MAILMAN_PASSWORD
        self._address = urlunsplit((parts.scheme, host, parts.path.rstrip("/") or "/3.1", "", ""))
        self._connection = Connection(self._address, user, password)

    def one(self, path: str) -> dict[str, Any]:
        """An answer. Raises Invalid if there is none, without the password."""
        try:
            answer = self._connection.call(path)[1]
        except HTTPError as error:
            if error.code == 401:
                reason = _("Mailman at %(url)s does not take this user and password.")
            else:
                reason = _("Mailman at %(url)s does not answer as it should: %(code)s.")
            raise Invalid("url", reason % {"url": self._address, "code": error.code}) from None
        except (MailmanConnectionError, ValueError) as error:
            reason = _("Mailman at %(url)s does not answer.")
            raise Invalid("url", reason % {"url": self._address}) from error
        if not isinstance(answer, dict):
            raise Invalid("url", _("What answers at %(url)s is no Mailman 3.") % {"url": self._address})
        return answer

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """All entries of a collection."""
        page = 1
        while True:
            answer = self.one(f"{path}?count={AT_ONCE}&page={page}")
            entries = answer.get("entries", [])
            yield from entries
            if len(entries) < AT_ONCE:
                return
            page += 1


@dataclass
class _Found:
    """What the first reading found."""

    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    configs: dict[str, Answer] = field(default_factory=dict)
    """By the address of the list: an answer with settings does not say the list's id."""
    files: dict[str, str] = field(default_factory=dict)
    without_mail: set[str] = field(default_factory=set)
    """The ids of subscriptions to which nothing is sent."""

    def take(self, answer: Answer, file: str = "") -> None:
        """An answer, or an entry of one."""
        if "role" in answer:
            return
        if "delivery_status" in answer:
            if answer["delivery_status"] != ENABLED:
                self.without_mail.add(_id_in(answer.get("self_link", "")))
        elif "default_member_action" in answer:
            self.configs[plain(str(answer.get("fqdn_listname", "")))] = answer
        elif answer.get("list_id"):
            self.lists[str(answer["list_id"])] = dict(answer)
            self.files[str(answer["list_id"])] = file

    def known_lists(self) -> "_Lists":
        """The lists, with their settings."""
        configs = {
            list_id: self.configs.get(plain(str(one.get("fqdn_listname", ""))), {})
            for list_id, one in self.lists.items()
        }
        known = with_own_names(
            _known_list(one, configs[list_id], self.files[list_id]) for list_id, one in self.lists.items()
        )
        lists = [_List(one, configs[one.id]) for one in known]
        return _Lists({one.known.id: one for one in lists}, {one.known.address: one for one in lists})


@dataclass(frozen=True, slots=True)
class _List:
    known: KnownList
    settings: Answer

    @property
    def is_moderated(self) -> bool:
        """Whether members' mail is kept from the list, unless something else is said of a member."""
        return self.settings.get("default_member_action", "defer") not in PASSES


@dataclass(frozen=True, slots=True)
class _Lists:
    by_id: Mapping[str, _List]
    by_address: Mapping[str, _List]


def _known_list(one: Answer, config: Answer, file: str) -> KnownList:
    """What the answers say of a list; without its settings, what Mailman's own would be."""
    address = plain(str(one.get("fqdn_listname", "")))
    if config.get("default_member_action", "defer") not in PASSES:
        posting = Posting.CHOSEN
    elif config.get("default_nonmember_action", "hold") not in PASSES:
        posting = Posting.MEMBERS
    else:
        posting = Posting.EVERYBODY
    said = config.get("description") or one.get("description") or ""
    return KnownList(
        str(one["list_id"]),
        address,
        str(one.get("display_name") or one.get("list_name") or address.partition("@")[0]),
        str(said),
        is_visible=bool(config.get("advertised", one.get("advertised", True))),
        posting=posting,
        aliases=tuple(plain(alias) for alias in _texts(config, "acceptable_aliases") if _is_address(alias)),
        file=file,
    )


def _records_of_lists(lists: _Lists) -> Iterator[Record | Problem]:
    for one in lists.by_id.values():
        yield from one.known.records()
        if one.known.posting is Posting.EVERYBODY:
            continue
        for sender in _texts(one.settings, "accept_these_nonmembers"):
            if sender.startswith("^"):
                yield pattern_left_out(one.known, sender)
            elif _is_address(sender) and plain(sender) not in lists.by_address:
                yield one.known.sender(sender)


def _person(
    person: Answer, lists: _Lists, found: _Found, file: str = "", row: int = 0
) -> Iterator[Record | Problem]:
    """Somebody in a list, by their role there."""
    if (there := lists.by_id.get(str(person.get("list_id")))) is None:
        yield Problem(_("The list is not among the lists."), str(person.get("list_id")), file, row)
        return
    one = replace(there, known=replace(there.known, file=file))
    address, name = plain(str(person.get("email", ""))), _name(person)
    action = person.get("moderation_action")
    match person["role"]:
        case "owner":
            yield one.known.owner(address, name, row=row)
        case "moderator":
            # Moderators let others' mail through, so theirs passes where it would wait for them.
            if one.is_moderated:
                yield one.known.sender(address, name, row=row)
        case "nonmember":
            if action in PASSES and one.known.posting is not Posting.EVERYBODY:
                yield one.known.sender(address, name, row=row)
        case "member":
            yield _subscriber(person, one, lists, found, row)
            if one.is_moderated and action in PASSES:
                yield one.known.sender(address, name, row=row)
            elif not one.is_moderated and action is not None and action not in PASSES:
                reason = _("%(address)s may not send to the list. Here everybody in it may.")
                yield one.known.left_out(reason % {"address": address}, row=row)


def _subscriber(person: Answer, one: _List, lists: _Lists, found: _Found, row: int) -> Record:
    address = plain(str(person.get("email", "")))
    receives = str(person.get("member_id", "")) not in found.without_mail
    other = lists.by_address.get(address)
    if other is not None and other.known.id != one.known.id:
        return one.known.sublist(other.known, row=row, receives=receives)
    return one.known.subscriber(address, _name(person), receives=receives, row=row)


def _name(person: Answer) -> str:
    """The name beside an address. Mailman 3.3 writes "None" for those that came without one."""
    name = str(person.get("display_name") or "")
    return "" if name == "None" else name


def _texts(config: Answer, name: str) -> list[str]:
    found = config.get(name)
    return [text.strip() for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _is_address(text: str) -> bool:
    """Whether it is one, and no pattern such as "^.*@partner.example" or a list such as "@staff"."""
    return "@" in text[1:] and not text.startswith(("^", "@"))


def _id_in(link: str) -> str:
    """The id of a subscription in the link to its preferences: "…/members/ID/all/preferences"."""
    parts = urlsplit(link).path.split("/")
    with suppress(ValueError, IndexError):
        return parts[parts.index("members") + 1]
    return ""


SOURCE = Source("mailman", "Mailman 3", recognises, read, ("http", "https"), ask, unpacks=True)

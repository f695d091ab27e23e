"""Mailman 2: a list's settings as `config_list` prints them, and people as `list_members` does (rule 10.9).

For a list `staff` the files are `staff.config` and `staff.members`, and if wanted `staff.digest`,
`staff.nomail` and `staff.moderated`, with some of these people. Its `config.pck` is a pickle, which is never
opened.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line
from groups.directory.records import Problem, Record

from . import Source, SourceFile
from .bundles import heads_in, unpacked
from .config_text import MOST_BYTES, Settings, decoded, is_config_text, list_name, settings
from .files.tables import head_of
from .lists import KnownList, Posting, pattern_left_out, plain, with_own_names

ACCEPT = 0
"""What Mailman does with others' mail: accept, hold, reject, discard."""
PEOPLE = ("members", "regular", "digest", "nomail", "moderated")
"""The ends of names of files with people; `regular` and `digest` together are all of them."""
_WITH_NAME = re.compile(r"(.*?)\s*<([^<>\s]+@[^<>\s]+)>")
_PICKLES = (".pck", ".pck.last")
_OLD_PICKLE = "config.db"


def recognises(file: SourceFile) -> bool:
    """Whether it is a list's settings or people, by its name, or a bundle with some."""
    if _ending(file.name) in PEOPLE or _is_pickle(file.name):
        return True
    return is_config_text(head_of(file)) or any(
        is_config_text(head) for _name, head in heads_in(file, lambda name: _ending(name) == "config")
    )


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Reads settings, then people. Raises Invalid if there are no settings."""
    lists: dict[str, _Files] = {}
    problems: list[Problem] = []
    for file in unpacked(files, _is_wanted):
        if _is_pickle(file.name):
            reason = _("A pickle could run anything, so it is not opened. Bring what “config_list” prints.")
            problems.append(Problem(reason, PurePosixPath(file.name).name, file.name))
        elif (end := _ending(file.name)) in PEOPLE:
            lists.setdefault(_stem(file.name), _Files()).people.append((end, file))
        else:
            problems += _take_settings(file, lists)
    if not any(one.file for one in lists.values()):
        raise Invalid("files", _("There are no settings as “config_list -o -” prints them."))
    yield from problems
    yield from _records(lists)


@dataclass
class _Files:
    """What there is of a list."""

    settings: Settings = field(default_factory=dict)
    people: list[tuple[str, SourceFile]] = field(default_factory=list)
    file: str = ""

    charset: str = "utf-8"

    def of(self, *ends: str) -> list[SourceFile]:
        """The files with people that end so."""
        return [file for end, file in self.people if end in ends]

    def addresses(self, end: str) -> set[str]:
        """All addresses in the files that end so."""
        return {address for file in self.of(end) for _row, address, _name in _people(file, self.charset)}

    def moderates_most(self) -> bool:
        """Whether most subscribers' mail is kept from the list, as where only some are to write."""
        if not self.of("moderated"):
            return False
        people = self.addresses("members") | self.addresses("regular") | self.addresses("digest")
        return len(self.addresses("moderated") & people) * 2 > len(people)

    def get(self, name: str, default: Any = "") -> Any:
        return self.settings.get(name, default)

    def number(self, name: str, default: int = 0) -> int:
        value = self.settings.get(name, default)
        return int(value) if isinstance(value, int | bool) else default

    def texts(self, name: str) -> list[str]:
        """The lines or items of a setting."""
        value = self.settings.get(name, [])
        items = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
        return [item.strip() for item in items if isinstance(item, str) and item.strip()]


def _take_settings(file: SourceFile, lists: dict[str, _Files]) -> Iterator[Problem]:
    with file.open() as content:
        raw = content.read(MOST_BYTES)
    found, bad = settings(raw)
    text, charset = decoded(raw)
    name = (list_name(text) or _stem(file.name)).lower()
    if not found:
        yield Problem(_("This is not what “config_list -o -” prints."), name, file.name)
        return
    one = lists.setdefault(name, _Files())
    one.settings, one.file, one.charset = found, file.name, charset
    for line in bad:
        yield Problem(_("This setting cannot be read."), name, file.name, line)


def _records(lists: Mapping[str, _Files]) -> Iterator[Record | Problem]:
    known: list[tuple[KnownList, _Files]] = []
    for name, one in lists.items():
        if not one.file:
            for _end, file in one.people:
                yield Problem(_("The list's settings are missing."), name, file.name)
        elif found := _known_list(name, one):
            known.append((found, one))
        else:
            yield Problem(_("Its settings do not say which domain the list has (host_name)."), name, one.file)
    named = with_own_names(one for one, _files in known)
    by_address = {one.address: one for one in named}
    for own, (_before, files) in zip(named, known, strict=True):
        yield from own.records()
        yield from _masters_and_senders(own, files, by_address)
        yield from _subscribers(own, files, by_address)


def _known_list(name: str, files: _Files) -> KnownList | None:
    if not (domain := str(files.get("host_name"))):
        return None
    address = plain(f"{name}@{domain}")
    if files.number("default_member_moderation") or files.moderates_most():
        posting = Posting.CHOSEN
    elif files.number("generic_nonmember_action", 1) != ACCEPT:
        posting = Posting.MEMBERS
    else:
        posting = Posting.EVERYBODY
    return KnownList(
        address,
        address,
        str(files.get("real_name") or name),
        str(files.get("description")),
        is_visible=bool(files.number("advertised", 1)),
        posting=posting,
        # A line without an @ is a pattern for the part before it (Mailman's own rule).
        aliases=tuple(plain(one) for one in files.texts("acceptable_aliases") if _is_address(one)),
        file=files.file,
    )


def _masters_and_senders(
    one: KnownList, files: _Files, lists: Mapping[str, KnownList]
) -> Iterator[Record | Problem]:
    for owner in files.texts("owner"):
        yield one.owner(owner)
    for other in files.texts("regular_exclude_lists"):
        yield one.left_out(_("In Mailman, who is in %(name)s gets no mail of this list.") % {"name": other})
    for other in files.texts("regular_include_lists"):
        if (found := lists.get(plain(other))) is not None and found.id != one.id:
            yield one.sublist(found)
        else:
            yield one.left_out(_("The list %(name)s, which it includes, is not there.") % {"name": other})
    if one.posting is Posting.EVERYBODY:
        return
    # Moderators let others' mail through, so theirs passes where it would wait for them.
    moderators = files.texts("owner") + files.texts("moderator") if one.posting is Posting.CHOSEN else []
    for sender in dict.fromkeys([*map(plain, moderators), *files.texts("accept_these_nonmembers")]):
        if sender.startswith("^"):
            yield pattern_left_out(one, sender)
        elif sender.startswith("@"):
            yield from _members_of(one, sender[1:], lists)
        elif _is_address(sender):
            yield one.sender(sender)


def _members_of(one: KnownList, name: str, lists: Mapping[str, KnownList]) -> Iterator[Record | Problem]:
    """Another list whose members may send: "@staff", or with its domain."""
    domain = one.address.rpartition("@")[2]
    if (other := lists.get(plain(name if "@" in name else f"{name}@{domain}"))) is not None:
        yield one.sender_list(other)
    else:
        yield one.left_out(_("The list %(name)s, whose members may send, is not there.") % {"name": name})


def _subscribers(one: KnownList, files: _Files, lists: Mapping[str, KnownList]) -> Iterator[Record | Problem]:
    without_mail, moderated = files.addresses("nomail"), files.addresses("moderated")
    met: set[str] = set()
    for file in files.of("members", "regular", "digest"):
        there = replace(one, file=file.name)
        for row, address, name in _people(file, files.charset):
            if not address:
                yield Problem(_("There is no email address."), one.name, file.name, row)
            elif address not in met:
                met.add(address)
                receives = address not in without_mail
                other = lists.get(address)
                if other is not None and other.id != one.id:
                    yield there.sublist(other, row=row, receives=receives)
                else:
                    yield there.subscriber(address, name, receives=receives, row=row)
                yield from _moderation(there, address, name, row, moderated)


def _moderation(
    one: KnownList, address: str, name: str, row: int, moderated: set[str]
) -> Iterator[Record | Problem]:
    """Whether this subscriber's mail passes, where that is not as with the others."""
    if one.posting is Posting.CHOSEN:
        # Who is moderated has to be known: else everybody would be taken for free to send.
        if moderated and address not in moderated:
            yield one.sender(address, name, row=row)
    elif address in moderated:
        reason = _("%(address)s may not send to the list. Here everybody in it may.")
        yield one.left_out(reason % {"address": address}, row=row)


def _people(file: SourceFile, charset: str = "utf-8") -> Iterator[tuple[int, str, str]]:
    """The lines: an address, perhaps with a name, as `list_members -f` prints them."""
    with file.open() as content:
        for row, line in enumerate(iter(lambda: content.readline(65_536), b""), start=1):
            if not (text := clean_line(_line(line, charset))):
                continue
            if found := _WITH_NAME.fullmatch(text):
                yield row, plain(found[2]), _name(found[1])
            else:
                yield row, plain(text) if _is_address(text) and " " not in text else "", ""


def _name(text: str) -> str:
    """The name as people write it; none where Mailman has put question marks for letters."""
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    name = re.sub(r"\\(.)", r"\1", text[1:-1]) if is_quoted else text
    return "" if "?" in name else name


def _line(raw: bytes, charset: str) -> str:
    for encoding in ("utf-8", charset):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("cp1252", "replace")


def _is_address(text: str) -> bool:
    """Whether it is one, and no pattern such as "^.*@partner.example" or a list such as "@staff"."""
    return "@" in text[1:] and not text.startswith(("^", "@"))


def _is_wanted(name: str) -> bool:
    return _ending(name) in ("config", *PEOPLE) or _is_pickle(name)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lstrip(".").lower()


def _stem(name: str) -> str:
    """The list's name in a file's: "staff" of "lists/staff.members"."""
    return PurePosixPath(name).stem.lower()


def _is_pickle(name: str) -> bool:
    """Whether it has a list's settings as Mailman stores them; other programs have ".db" files, too."""
    return name.endswith(_PICKLES) or PurePosixPath(name).name == _OLD_PICKLE


SOURCE = Source("mailman2", "Mailman 2", recognises, read, unpacks=True)

"""Sympa: a list's folder with its `config` and the dumps of its people, alone or many together (rule 10.9).

`sympa dump --roles=member,owner,editor "*"` (in older ones `sympa.pl --dump=ALL`) writes the dumps beside the
configurations. A list belongs to the robot whose folder it is in, else to the domain of sympa.conf.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record

from . import Source, SourceFile
from .bundles import heads_in, unpacked
from .files.tables import head_of
from .lists import KnownList, Posting, plain, with_own_names

CONFIG = "config"
ROBOT_FILES = ("sympa.conf", "robot.conf")
DUMPS = {
    "member.dump": "member",
    "subscribers.db.dump": "member",
    "subscribers": "member",
    "owner.dump": "owner",
    "editor.dump": "editor",
}
_FIRST_WORDS = re.compile(rb"^(?:subject|visibility|send) \S", re.MULTILINE)
_OTHER_WORDS = re.compile(rb"^(?:creation|status|subscribe|owner|serial)\b", re.MULTILINE)
_LISTS = ("include_list", "include_sympa_list")
_FOLDER_OF_LISTS = {"list_data", "expl", ""}
MOST_OF_CONFIG = 1 << 20

Paragraph = dict[str, str]

# Whose mail passes, by the name of the scenario `send.NAME` that Sympa brings (its folder `scenari`).
SEND = {
    **dict.fromkeys(("public", "public_nobcc", "publickey", "publicnoattachment"), Posting.EVERYBODY),
    **dict.fromkeys(("publicnomultipart", "privateorpublickey"), Posting.EVERYBODY),
    **dict.fromkeys(("intranet", "intranetorprivate"), Posting.OWN_DOMAINS),
    **dict.fromkeys(("private", "private_smime", "privatekey", "confidential"), Posting.MEMBERS),
    **dict.fromkeys(("privateoreditorkey",), Posting.MEMBERS),
    **dict.fromkeys(("privateandeditorkey", "privateandnomultipartoreditorkey"), Posting.CHOSEN),
    **dict.fromkeys(("privatekeyandeditorkeyonly", "editorkey", "editordkim"), Posting.CHOSEN),
    **dict.fromkeys(("editorkeyonly", "editorkeyonlyauth"), Posting.CHOSEN),
    **dict.fromkeys(("newsletter", "newsletterkeyonly"), Posting.CHOSEN),
    **dict.fromkeys(("owner", "ownerauth", "closed"), Posting.CHOSEN),
}
BY_OWNERS = frozenset(("owner", "ownerauth", "private", "confidential"))
"""Scenarios by which owners may send although nothing else says so."""
BY_NOBODY = "closed"


def recognises(file: SourceFile) -> bool:
    """Whether it is one of these files of a list, or a bundle with some."""
    name = PurePosixPath(file.name).name
    if name in DUMPS and name != "subscribers":
        return True
    return _is_config(head_of(file)) or any(
        _is_config(head) for _name, head in heads_in(file, lambda name: PurePosixPath(name).name == CONFIG)
    )


def _is_config(head: bytes) -> bool:
    return bool(_FIRST_WORDS.search(head)) and bool(_OTHER_WORDS.search(head))


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Reads configurations, then dumps. Raises Invalid if there is no configuration."""
    found = unpacked(files, _is_wanted)
    domains = _domains(found)
    folders: dict[str, _Folder] = {}
    for file in found:
        path = PurePosixPath(file.name)
        folder = folders.setdefault(str(path.parent), _Folder(path.parent))
        if path.name == CONFIG:
            folder.config, folder.file = _read_config(file), file.name
        elif path.name in DUMPS:
            folder.dumps.append((DUMPS[path.name], file))
    known = [folder for folder in folders.values() if folder.file]
    if not known:
        raise Invalid("files", _("There is no list's “config” among these files of Sympa's."))
    yield from _records(known, domains)


@dataclass
class _Folder:
    """A list's folder."""

    path: PurePosixPath
    config: list[tuple[str, Paragraph]] = field(default_factory=list)
    dumps: list[tuple[str, SourceFile]] = field(default_factory=list)
    file: str = ""

    def all(self, key: str) -> list[Paragraph]:
        """The paragraphs that begin with this word."""
        return [paragraph for name, paragraph in self.config if name == key]

    def one(self, key: str, default: str = "") -> str:
        """A value, which stands behind its word or is the name in its paragraph."""
        paragraph = next(iter(self.all(key)), {})
        return paragraph.get("", "") or paragraph.get("name", "") or default


@dataclass(frozen=True, slots=True)
class _Person:
    """An owner or moderator, and where it stood."""

    list: KnownList
    name: str
    row: int = 0


def _records(folders: Sequence[_Folder], domains: Mapping[str, str]) -> Iterator[Record | Problem]:
    lists: list[tuple[KnownList, _Folder]] = []
    for folder in folders:
        found = _known_list(folder, domains)
        if isinstance(found, Problem):
            yield found
        else:
            lists.append((found, folder))
    named = with_own_names(one for one, _folder in lists)
    by_address = {one.address: one for one in named}
    for one, (_before, folder) in zip(named, lists, strict=True):
        yield from one.records()
        yield from _people(one, folder, by_address)


def _known_list(folder: _Folder, domains: Mapping[str, str]) -> KnownList | Problem:
    if not (name := folder.path.name):
        return Problem(_("Put the files of a list into a folder with its name."), "", folder.file)
    if (status := folder.one("status", "open")) != "open":
        reason = _("The list is %(status)s in Sympa, and is left there.") % {"status": status[:50]}
        return Problem(reason, name, folder.file, is_foreign=True)
    if not (domain := folder.one("host") or _domain_of(folder, domains)):
        reason = _("The list's domain is not said. Add sympa.conf, or put the list into its robot's folder.")
        return Problem(reason, name, folder.file)
    address = plain(f"{name}@{domain}")
    return KnownList(
        address,
        address,
        name,
        folder.one("subject"),
        # Concealed unless it says otherwise (Sympa's own rule).
        is_visible=folder.one("visibility") in ("noconceal", "public"),
        # A scenario of one's own may let anybody send or nobody; those in the list are the safe guess.
        posting=SEND.get(folder.one("send", "private"), Posting.MEMBERS),
        file=folder.file,
    )


def _domain_of(folder: _Folder, domains: Mapping[str, str]) -> str:
    """The robot's, by the name of the folder above the list's, else the one of sympa.conf."""
    above = folder.path.parent
    if (robot := domains.get(str(above))) is not None:
        return robot
    if above.name not in _FOLDER_OF_LISTS and "." in above.name:
        return above.name
    for parent in (*above.parents, PurePosixPath()):
        if (robot := domains.get(str(parent))) is not None:
            return robot
    # Whoever makes lists is written with the domain, unless it was somebody else than the listmaster.
    maker = next(iter(folder.all("creation")), {}).get("email", "")
    return domains.get("*", "") or (maker.rpartition("@")[2] if maker.startswith("listmaster@") else "")


def _people(one: KnownList, folder: _Folder, lists: Mapping[str, KnownList]) -> Iterator[Record | Problem]:
    """Owners, moderators, subscribers and contained lists."""
    yield from _included(one, folder, lists)
    includes_lists_only = _includes_lists_only(folder)
    owners, editors = _in_config(one, folder, "owner"), _in_config(one, folder, "editor")
    for role, file in folder.dumps:
        there = replace(one, file=file.name)
        for row, person in _paragraphs(file):
            if not (address := plain(person.get("email", ""))):
                yield Problem(_("There is no email address."), one.name, file.name, row)
            elif role != "member":
                people = owners if role == "owner" else editors
                people.setdefault(address, _Person(there, person.get("gecos", ""), row))
            elif not (includes_lists_only and person.get("subscribed", "1") == "0"):
                yield _subscriber(there, person, lists, row)
    for address, owner in owners.items():
        yield owner.list.owner(address, owner.name, row=owner.row)
    yield from _senders(one, folder, owners, editors)


def _senders(
    one: KnownList, folder: _Folder, owners: Mapping[str, _Person], editors: Mapping[str, _Person]
) -> Iterator[Record | Problem]:
    """Who may send although others may not."""
    send = folder.one("send", "private")
    if send not in SEND:
        reason = _("Who can send is decided by a scenario of its own, %(name)s. Here those in the list can.")
        yield one.left_out(reason % {"name": send[:100]})
    if one.posting in (Posting.EVERYBODY, Posting.OWN_DOMAINS) or send == BY_NOBODY:
        return
    # Without moderators, owners are (Sympa's own rule).
    senders = dict(owners if send in ("owner", "ownerauth") else editors or owners)
    if send in BY_OWNERS:
        senders |= owners
    for address, sender in senders.items():
        yield sender.list.sender(address, sender.name, row=sender.row)


def _includes_lists_only(folder: _Folder) -> bool:
    """Whether whoever is not subscribed themselves is in a list that is included, and so counts anyway."""
    found = [_is_whole_list(*one) for one in folder.config if one[0].startswith("include_")]
    return bool(found) and all(found)


def _is_whole_list(key: str, paragraph: Paragraph) -> bool:
    return key in _LISTS and "filter" not in paragraph and " filter " not in paragraph.get("", "")


def _included(one: KnownList, folder: _Folder, lists: Mapping[str, KnownList]) -> Iterator[Record | Problem]:
    """The lists that are included, and what else is."""
    domain = one.address.rpartition("@")[2]
    for key, paragraph in folder.config:
        if _is_whole_list(key, paragraph):
            said = paragraph.get("listname") or paragraph.get("", "")
            said = plain(said.split()[0]) if said.strip() else ""
            other = lists.get(said if "@" in said else f"{said}@{domain}")
            if other is not None and other is not one:
                yield one.sublist(other)
            else:
                yield one.left_out(_("The list %(name)s, which it includes, is not there.") % {"name": said})
        elif key.startswith("include_") or key in ("owner_include", "editor_include"):
            reason = _("People come from %(name)s. Those whom it gave last are brought in, not the rule.")
            yield one.left_out(reason % {"name": key[:100]})


def _subscriber(one: KnownList, person: Paragraph, lists: Mapping[str, KnownList], row: int) -> Record:
    address = plain(person.get("email", ""))
    receives = person.get("reception", "mail") != "nomail" and person.get("suspend", "0") == "0"
    other = lists.get(address)
    if other is not None and other.id != one.id:
        return one.sublist(other, row=row, receives=receives)
    return one.subscriber(address, person.get("gecos", ""), receives=receives, row=row)


def _in_config(one: KnownList, folder: _Folder, role: str) -> dict[str, _Person]:
    """Owners or moderators as older configurations have them."""
    return {
        plain(person["email"]): _Person(one, person.get("gecos", ""))
        for person in folder.all(role)
        if person.get("email")
    }


def _read_config(file: SourceFile) -> list[tuple[str, Paragraph]]:
    """Paragraphs: a word and its value, or a word and lines of words with values."""
    with file.open() as content:
        text = _decoded(content.read(MOST_OF_CONFIG))
    found: list[tuple[str, Paragraph]] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        lines = [line.strip() for line in block.split("\n")]
        lines = [line for line in lines if line and not line.startswith("#")]
        if not lines:
            continue
        key, _blank, value = lines[0].partition(" ")
        paragraph: Paragraph = {"": value.strip()}
        for line in lines[1:]:
            word, _blank, said = line.partition(" ")
            paragraph[word] = said.strip()
        found.append((key, paragraph))
    return found


def _paragraphs(file: SourceFile) -> Iterator[tuple[int, Paragraph]]:
    """The people in a dump, with the lines that they begin in."""
    paragraph: Paragraph = {}
    start = 1
    with file.open() as content:
        for number, line in enumerate(iter(lambda: content.readline(65_536), b""), start=1):
            text = _decoded(line).strip()
            if text and not paragraph:
                start = number
            if text:
                word, _blank, said = text.partition(" ")
                paragraph[word] = said.strip()
            elif paragraph:
                yield start, paragraph
                paragraph = {}
    if paragraph:
        yield start, paragraph


def _domains(files: Sequence[SourceFile]) -> dict[str, str]:
    """Domains by the folders of the files that say them; by "*" the only one that there is."""
    found: dict[str, str] = {}
    for file in files:
        path = PurePosixPath(file.name)
        if path.name in ROBOT_FILES:
            with file.open() as content:
                text = _decoded(content.read(MOST_OF_CONFIG))
            if said := re.search(r"^\s*(?:domain|host)\s+(\S+)", text, re.MULTILINE):
                found[str(path.parent)] = said[1].lower()
    if len(set(found.values())) == 1:
        found["*"] = next(iter(found.values()))
    return found


def _is_wanted(name: str) -> bool:
    return PurePosixPath(name).name in {CONFIG, *DUMPS, *ROBOT_FILES}


def _decoded(raw: bytes) -> str:
    """Sympa writes UTF-8; lists from before version 6 may have Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


SOURCE = Source("sympa", "Sympa", recognises, read, unpacks=True)

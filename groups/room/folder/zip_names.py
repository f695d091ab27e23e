"""Names in zip files, adapted so that every computer unpacks them (rule 3.9). They stay elsewhere."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

import regex
from django.utils.translation import gettext as _

from groupadmin.base.file_names import LONGEST, numbered, split_ending

NOTE = "names-changed.txt"

# Windows unpacks paths of at most 260 UTF-16 units, with those of the folder that it unpacks into.
PATH_UNITS, FOLDERS_UNITS, FILE_UNITS = 180, 120, 20
SHORTER = (LONGEST, 100, 60, 40, 25, 15, 10, 5)
# Linux takes 255 bytes for a name; some are left for a number.
NAME_BYTES = 240

_REFUSED = regex.compile(r'[<>:"/\\|?*\p{Cc}]')
_REFUSED_AT_THE_END = regex.compile(r"[. ]+$")
_RESERVED = regex.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])( *(?:\..*)?)", regex.IGNORECASE
)


def windows_name(name: str) -> str:
    """The name without what Windows refuses: signs, dots and spaces at the end, names of devices."""
    name = _REFUSED.sub("_", name)
    name = _REFUSED_AT_THE_END.sub(lambda end: "_" * len(end[0]), name)
    if device := _RESERVED.fullmatch(name):
        name = f"{device[1]}_{device[2]}"
    return name


def shortened(name: str, most: int, *, is_file: bool) -> str:
    """The name in that many UTF-16 units, and in the bytes that Linux takes; a file keeps its ending."""
    if _fits(name, most):
        return name
    stem, ending = split_ending(name) if is_file else (name, "")
    while stem and not _fits(stem + ending, most):
        stem = stem[:-1]
    return windows_name(stem.rstrip(". ") + ending)


def _fits(name: str, most: int) -> bool:
    return units(name) <= most and len(name.encode(errors="surrogatepass")) <= NAME_BYTES


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def folder_units(paths: Iterable[list[str]]) -> int:
    """How long the name of a folder may be, so that each of these paths of folders leaves space for files."""
    paths = list(paths)
    for most in SHORTER:
        if all(sum(min(units(name), most) + 1 for name in path) <= FOLDERS_UNITS for path in paths):
            return most
    return SHORTER[-1]


@dataclass
class Paths:
    """The paths given so far, each once for systems that take "a" and "A" for the same."""

    changed: dict[str, str] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)

    def folder(self, place: str, name: str, most: int) -> str:
        """A path for the folder in that place, ending in a slash as `place` does."""
        return self._give(place, name, most, is_file=False) + "/"

    def file(self, place: str, name: str) -> str:
        return self._give(place, name, max(FILE_UNITS, PATH_UNITS - units(place)), is_file=True)

    def _give(self, place: str, name: str, most: int, *, is_file: bool) -> str:
        fitting = tried = shortened(windows_name(name), most, is_file=is_file)
        number = 1
        while (key := _seen_by_windows(place + tried)) in self._taken:
            number += 1
            tried = numbered(fitting, number, is_file=is_file)
        first = self._taken.get(_seen_by_windows(place + fitting), name)
        self._taken[key] = name
        # A number behind the very same name, as of two search results, says enough by itself.
        if fitting != name or first != name:
            self.changed[place + tried] = name
        return place + tried

    def note(self) -> bytes:
        """A text that says which names were changed, readable by old editors of Windows too."""
        head = _("These names were changed here, so that every computer can unpack them:")
        lines = [f"{path}\r\n    {name}" for path, name in self.changed.items()]
        return "\r\n".join([head, "", *lines, ""]).encode("utf-8-sig", "replace")


def _seen_by_windows(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())

"""Repeat rules of vCalendar 1.0 (`W2 MO WE #4`), as phones and old Outlook write them (rule 3.11)."""

import re

from django.utils.translation import gettext as _

from .rules import BadRule

_RULE = re.compile(r"(D|W|MP|MD|YM)([0-9]{1,4})((?: +[^ ]+)*) *", re.IGNORECASE)
_FREQUENCIES = {"D": "DAILY", "W": "WEEKLY", "MP": "MONTHLY", "MD": "MONTHLY", "YM": "YEARLY"}
_NAMES = {"W": "BYDAY", "MP": "BYDAY", "MD": "BYMONTHDAY", "YM": "BYMONTH"}
_DATE = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_NUMBER = re.compile(r"([0-9]{1,2})([+-]?)")
_DAYS = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
# What a rule without an end means.
_TWICE = "#2"


def rfc_rule_of(text: str) -> str:
    """The rule, if it is one of vCalendar; else the text as it is. Raises BadRule."""
    found = _RULE.fullmatch(text.strip())
    if found is None:
        return text
    kind, words = found[1].upper(), found[3].upper().split()
    end = words.pop() if words and (words[-1].startswith("#") or _DATE.fullmatch(words[-1])) else _TWICE
    parts = [f"FREQ={_FREQUENCIES[kind]}", f"INTERVAL={found[2]}"]
    if words:
        parts.append(f"{_name(kind)}={','.join(_values(kind, words))}")
    if end != "#0":
        parts.append(f"COUNT={end[1:]}" if end.startswith("#") else f"UNTIL={end}")
    return ";".join(parts)


def _name(kind: str) -> str:
    if kind not in _NAMES:
        raise _bad()
    return _NAMES[kind]


def _values(kind: str, words: list[str]) -> list[str]:
    """The days or months. Of "1+ MO TU", the number counts for all days that follow. Raises BadRule."""
    values, number = [], ""
    for word in words:
        found = _NUMBER.fullmatch(word)
        if found is not None:
            number = found[1] if found[2] != "-" else f"-{found[1]}"
            if kind in ("MD", "YM"):
                values.append(number)
        elif word == "LD" and kind == "MD":
            values.append("-1")
        elif word in _DAYS and kind in ("W", "MP"):
            values.append(f"{number}{word}")
        else:
            raise _bad()
    if not values:
        raise _bad()
    return values


def _bad() -> BadRule:
    return BadRule(_("This is not a valid repeat rule."))

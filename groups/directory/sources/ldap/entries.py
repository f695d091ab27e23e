"""Entries of a directory, wherever they come from, and the names by which they point to each other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from groupadmin.base.text import clean_line

_PART = re.compile(r"((?:[^\\,;+]|\\.)*)([,;+]|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"((?:\\[0-9a-fA-F]{2})+)|\\(.)", re.DOTALL)
_OPTIONAL_UID = re.compile(r"#'[01]*'B\Z")

WANTED = (
    # Of anything, and what it is known by.
    *("objectClass", "cn", "displayName", "description", "mail", "entryUUID", "objectGUID", "nsUniqueId"),
    *("ipaUniqueID", "proxyAddresses", "isCriticalSystemObject", "gidNumber"),
    # Of people.
    *("uid", "givenName", "sn", "userPrincipalName", "sAMAccountName", "mailAlternateAddress", "title", "ou"),
    *(
        "department",
        "telephoneNumber",
        "mobile",
        "physicalDeliveryOfficeName",
        "l",
        "manager",
        "employeeNumber",
    ),
    *("employeeID", "userAccountControl", "accountExpires", "shadowExpire", "nsAccountLock"),
    *("pwdAccountLockedTime", "memberOf", "msDS-PhoneticDisplayName", "displayName;lang-ja;phonetic"),
    "targetAddress",
    # Of groups.
    *(
        "member",
        "uniqueMember",
        "memberUid",
        "rfc822MailMember",
        "owner",
        "managedBy",
        "msExchCoManagedByLink",
    ),
    *("authOrig", "dLMemSubmitPerms", "publicDelegates", "msExchRequireAuthToSendTo"),
    *("msExchHideFromAddressLists", "hideDLMembership", "groupType", "memberURL"),
)
"""The attributes that are read; the others, pictures and certificates among them, are passed by."""
_WANTED = frozenset(name.lower() for name in WANTED)


def is_wanted(name: str) -> bool:
    """Whether an attribute is read: "member;range=0-1499" is one of "member"."""
    return name in _WANTED or name.partition(";range=")[0] in _WANTED


@dataclass(slots=True)
class Entry:
    """An entry: its attributes by their names in lower case."""

    dn: str
    attributes: dict[str, list[bytes]]
    file: str = ""
    row: int = 0

    def texts(self, *names: str) -> list[str]:
        """The values of the first of these attributes that has any, and then of the next."""
        values = (value for name in names for value in self.attributes.get(name.lower(), ()))
        return [line for value in values if (line := clean_line(value.decode(errors="replace")))]

    def first(self, *names: str) -> str:
        """The first value of these attributes; empty if there is none."""
        return next(iter(self.texts(*names)), "")

    def number(self, name: str) -> int:
        """A whole number; 0 for what is none."""
        try:
            return int(self.first(name) or 0)
        except ValueError:
            return 0

    def is_on(self, *names: str) -> bool:
        """Whether one of these switches is on."""
        return any(value.upper() == "TRUE" for value in self.texts(*names))

    def classes(self) -> set[str]:
        return {name.lower() for name in self.texts("objectClass")}

    def id(self) -> str:
        """What stays the same when an entry is renamed or moved (rule 10.4)."""
        for guid in self.attributes.get("objectguid", ()):
            if len(guid) == 16:
                return str(UUID(bytes_le=guid))
        return self.first("entryUUID", "ipaUniqueID", "nsUniqueId")


def normal_dn(dn: str) -> str:
    """A distinguished name as it is compared (RFC 4514): without case and spaces that mean nothing."""
    parts: list[list[str]] = [[]]
    for text, end in _parts(_OPTIONAL_UID.sub("", dn.strip())):
        name, _equals, value = text.partition("=")
        plain = " ".join(_unescaped(value.strip()).split()).casefold()
        parts[-1].append(f"{name.strip().lower()}={plain}")
        if end in (",", ";"):
            parts.append([])
    return "\0".join("+".join(sorted(part)) for part in parts)


def names_in(dn: str) -> list[str]:
    """The values in a distinguished name, the entry's own first."""
    return [_unescaped(text.partition("=")[2].strip()) for text, _end in _parts(dn)]


def _parts(dn: str) -> Iterator[tuple[str, str]]:
    for found in _PART.finditer(dn):
        if found[1]:
            yield found[1], found[2]


def _unescaped(value: str) -> str:
    def plain(found: re.Match[str]) -> str:
        if found[2] is not None:
            return found[2]
        return bytes.fromhex(found[1].replace("\\", "")).decode(errors="replace")

    return _ESCAPED.sub(plain, value)

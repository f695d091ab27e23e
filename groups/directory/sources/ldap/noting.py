"""The first reading: what each distinguished name, user name and group number stands for."""

from dataclasses import dataclass
from typing import Any

from groupadmin.base.text import fold
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import filled

from .entries import Entry, names_in, normal_dn
from .kinds import Is, email_of, kind_of


@dataclass(frozen=True)
class Known:
    """What a distinguished name stands for."""

    kind: Is
    email: str = ""
    name: str = ""
    id: str = ""
    dn: str = ""


def note(notes: Notes, entry: Entry) -> None:
    """Notes what the second reading needs of an entry."""
    kind = kind_of(entry)
    email = email_of(entry)
    name = entry.first("displayName", "cn") or next(iter(names_in(entry.dn)), "")
    notes.put("dn", normal_dn(entry.dn), [kind.name, email, name, entry.id(), entry.dn])
    if kind is Is.PERSON and email:
        for uid in entry.texts("uid", "sAMAccountName"):
            notes.put("uid", uid.lower(), email)
    elif kind is Is.GROUP:
        notes.count("name", fold(name))
        if "posixgroup" in entry.classes() and (number := entry.first("gidNumber")):
            notes.put("gid", number, entry.dn)


def known(notes: Notes, dn: str) -> Known | None:
    """What the files have at a distinguished name."""
    found = notes.get("dn", normal_dn(dn))
    return None if found is None else Known(Is[found[0]], *found[1:])


def named(notes: Notes, group: Known) -> dict[str, Any]:
    """How records name a group: in a directory several may have one name, ours have not (rule 2.4)."""
    name = group.name
    if (notes.get("name", fold(name)) or 1) > 1:
        above = names_in(group.dn)[1:2]
        name = f"{name} ({group.email or ''.join(above)})"
    return {"group": name, **filled(group_id=group.id)}

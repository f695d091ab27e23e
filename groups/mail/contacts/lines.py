"""External contacts as lines: "Name <name@example.com>" and whatever else people paste (rules 1.11, 4.8)."""

import re
from itertools import islice

from groupadmin.base.pasted_addresses import READ_AT_MOST, clean_address, read_line
from groupadmin.base.text import clean_line
from groups.actions.settings import Contact

_CONTACT = re.compile(r"(?P<name>.*)<(?P<email>[^<>]*)>")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"')
_ESCAPED = re.compile(r"\\(.)")


def read_contacts(line: str) -> list[Contact]:
    """The contacts of a line; none if it is not all addresses and their names."""
    if (contact := _as_written(line)) is not None:
        return [contact]
    found = list(islice(read_line(line.replace("\t", " ")), READ_AT_MOST))
    if len(found) == READ_AT_MOST:
        return []
    addresses = [one for one in found if one.address]
    others = [one.text for one in found if one.text]
    if len(addresses) == 1:
        # "Kim, Minsu, kim@x.example" is one contact.
        (only,) = addresses
        return [Contact(only.address, clean_line(only.name or ", ".join(others)))]
    return [] if others else [Contact(one.address, clean_line(one.name)) for one in addresses]


def _as_written(line: str) -> Contact | None:
    """More forgiving than mail headers: names may hold commas and brackets without quotes."""
    match = _CONTACT.fullmatch(line.strip())
    if match is None:
        return None
    name = clean_line(match["name"])
    if quoted := _QUOTED.fullmatch(name):
        name = _ESCAPED.sub(r"\1", quoted[1])
    elif len(name) > 1 and name[0] == name[-1] == '"' and "@" not in name:
        name = name[1:-1]
    elif "@" in name or "＠" in name:
        return None
    return Contact(clean_address(match["email"]), clean_line(name))


def write_contact(contact: Contact) -> str:
    """The line that reads as this contact."""
    name = contact.name
    if not name:
        return contact.email
    if "@" in name or "＠" in name or name.startswith('"'):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name} <{contact.email}>"

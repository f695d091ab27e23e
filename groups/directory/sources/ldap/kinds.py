"""What an entry is, whatever the schema: of OpenLDAP, 389 Directory Server, FreeIPA or Active Directory."""

from enum import Enum, auto

from groups.directory.sources.files.words import address, addresses

from .entries import Entry

PEOPLE = {"person", "organizationalperson", "inetorgperson", "posixaccount", "user", "account"}
GROUPS = {"group", "groupofnames", "groupofuniquenames", "groupofmembers", "posixgroup", "univentiongroup"}
GROUPS |= {"groupofurls", "mailgroup", "rfc822mailgroup"}
MACHINES = {"computer", "msds-groupmanagedserviceaccount", "msds-managedserviceaccount", "device"}
BUILT_IN = 0x1
"""In groupType: made by the system."""


class Is(Enum):
    """What an entry is for us."""

    PERSON = auto()
    GROUP = auto()
    CONTACT = auto()
    """Somebody outside, in an address book of the company's."""
    SYSTEM = auto()
    """An account or group of the system itself: it has nobody's mail."""
    OTHER = auto()


def kind_of(entry: Entry) -> Is:
    """What an entry is, by its classes."""
    classes = entry.classes()
    if entry.is_on("isCriticalSystemObject") or classes & MACHINES:
        return Is.SYSTEM
    if classes & GROUPS:
        return Is.SYSTEM if entry.number("groupType") & BUILT_IN else Is.GROUP
    if "contact" in classes:
        return Is.CONTACT
    return Is.PERSON if classes & PEOPLE else Is.OTHER


def email_of(entry: Entry) -> str:
    """The address of a person, group or contact; empty if they have none.

    `mail` is what people see. Active Directory has the first of all addresses as "SMTP:…", and may have only
    a name to sign in, which looks like one.
    """
    candidates = (
        *entry.texts("mail"),
        *_proxied(entry, "SMTP:"),
        *_proxied(entry, "SMTP:", "targetAddress"),
        *entry.texts("userPrincipalName"),
    )
    return next((found for one in candidates if (found := address(one))), "")


def aliases_of(entry: Entry) -> list[str]:
    """Further addresses; none of the domains that no mail comes to from outside."""
    found = addresses(
        [
            *entry.texts("mail"),
            *_proxied(entry, "SMTP:"),
            *_proxied(entry, "smtp:"),
            *entry.texts("mailAlternateAddress"),
        ]
    )
    own = email_of(entry)
    return [one for one in found if one != own and not one.endswith((".onmicrosoft.com", ".local"))]


def _proxied(entry: Entry, scheme: str, name: str = "proxyAddresses") -> list[str]:
    return [one.removeprefix(scheme) for one in entry.texts(name) if one.startswith(scheme)]

"""The addresses that lead out of a list (RFC 8058): a member's by sign-in, a contact's by signature.

A contact's address names list and mail address, not the row: it stays good when the contact is written anew,
and says so when the contact is gone.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from groups.models import ExternalContact, Group

LONGEST_TOKEN = 4_000

_signer = signing.Signer(salt="groups.mail.unsubscribe")


@dataclass(frozen=True)
class Leaving:
    """Whom a signed address takes off which list."""

    mailing_list: int
    email: str


def page_url(group: Group) -> str:
    """Where a member who is signed in stops the list's mail to them."""
    return _absolute(reverse("groups:unsubscribe", args=[group.pk]))


def contact_url(contact: ExternalContact) -> str:
    """Where an external contact leaves the list, without sign-in; also by one click from a mail program."""
    token = token_of(contact.mailing_list_id, contact.email)
    return _absolute(reverse("groups:unsubscribe_contact", args=[token]))


def token_of(mailing_list_id: int, email: str) -> str:
    """What says, signed by us, who leaves which list."""
    return _signer.sign_object([mailing_list_id, email], compress=True)


def read_token(token: str) -> Leaving | None:
    """What a contact's address says; nothing if it is not signed by us."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        mailing_list, email = _signer.unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return Leaving(mailing_list, email)


def _absolute(path: str) -> str:
    return str(settings.SITE_URL).rstrip("/") + path

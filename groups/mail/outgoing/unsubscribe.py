"""The addresses for leaving a list (RFC 8058): members sign in, contacts have a signed link.

With MAIL_PERSONAL, members have such a link too (rule 4.15). It names the list and the email address, not the
row: it stays valid when a contact is removed and added again, and reports when the contact is gone.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from groups.models import ExternalContact, Group

LONGEST_TOKEN = 4_000
# In the place of a token.
_ANY = "any-token"

_signer = signing.Signer(salt="groups.mail.unsubscribe")


@dataclass(frozen=True)
class Unsubscription:
    """Which email address a signed link removes from which list."""

    mailing_list: int
    email: str


def page_url(group: Group) -> str:
    """Where a signed-in member stops the list's mail."""
    return _absolute(reverse("groups:unsubscribe", args=[group.pk]))


def contact_url(contact: ExternalContact) -> str:
    """Where an external contact leaves the list without signing in; mail programs need one click."""
    token = token_of(contact.mailing_list_id, contact.email)
    return _absolute(reverse("groups:unsubscribe_contact", args=[token]))


class Links:
    """The same addresses for many recipients of a list, whether members or contacts (rule 4.15)."""

    def __init__(self, mailing_list_id: int) -> None:
        self.mailing_list_id = mailing_list_id
        page = _absolute(reverse("groups:unsubscribe_contact", args=[_ANY]))
        self.before, _any, self.after = page.rpartition(_ANY)

    def url(self, recipient: str) -> str:
        return f"{self.before}{token_of(self.mailing_list_id, recipient.lower())}{self.after}"


def token_of(mailing_list_id: int, email: str) -> str:
    """A signed token that names the contact and the list."""
    return _signer.sign_object([mailing_list_id, email])


def read_token(token: str) -> Unsubscription | None:
    """The content of a contact's token; None if we have not signed it."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        mailing_list, email = _signer.unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return Unsubscription(mailing_list, email)


def _absolute(path: str) -> str:
    return str(settings.SITE_URL).rstrip("/") + path

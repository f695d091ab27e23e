"""What allauth asks us about second factors (rule 9.2)."""

import base64
import ipaddress
import logging
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.sealed import InvalidToken, seal, unseal

from .models import Member

logger = logging.getLogger(__name__)

NAME = "groupadmin"
PURPOSE = "second factors"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are stored encrypted: who reads a backup of the database cannot make codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not correct."),
    }

    def encrypt(self, text: str) -> str:
        return seal(PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return unseal(PURPOSE, encrypted_text)
        except InvalidToken:
            # The key it was encrypted with is gone. An answer that nobody knows makes all codes wrong.
            logger.error("A second factor cannot be read: its SECRET_KEY is not in SECRET_KEY_FALLBACKS")
            return base64.b32encode(secrets.token_bytes(40)).decode()

    def generate_authenticator_name(self, user: Member, type: object) -> str:
        return _("My passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": NAME}


def offers_passkeys(request: HttpRequest) -> bool:
    """Whether browsers have passkeys at this address: they belong to a host name, not to an IP address."""
    host = request.get_host()
    try:
        ipaddress.ip_address(host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0])
    except ValueError:
        return True
    return False

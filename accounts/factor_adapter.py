"""What allauth asks us about second factors (rule 9.2)."""

import base64
import hashlib
import ipaddress
import logging
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Member

logger = logging.getLogger(__name__)

NAME = "groupadmin"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are stored encrypted: who reads a backup of the database cannot make codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not correct."),
    }

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
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


def _box() -> MultiFernet:
    """Encrypts with the key made of SECRET_KEY; decrypts with the fallbacks' too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(str(key))) for key in keys])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"groupadmin second factors " + secret.encode()).digest())

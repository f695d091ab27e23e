"""Keeps secrets that must be read again, such as those of second factors and identity providers, encrypted.

Whoever reads a backup of the database cannot read them: the key is made of SECRET_KEY.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

__all__ = ["InvalidToken", "seal", "unseal"]


def seal(purpose: str, text: str) -> str:
    """Encrypts a text. What is sealed for one purpose cannot be read for another."""
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(purpose: str, sealed: str) -> str:
    """The text again. Raises InvalidToken if its SECRET_KEY is not in SECRET_KEY_FALLBACKS."""
    return _box(purpose).decrypt(sealed.encode()).decode()


def _box(purpose: str) -> MultiFernet:
    """Encrypts with the key made of SECRET_KEY; decrypts with the fallbacks' too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(purpose, str(key))) for key in keys])


def _key(purpose: str, secret: str) -> bytes:
    digest = hashlib.sha256(f"groupadmin {purpose} {secret}".encode()).digest()
    return base64.urlsafe_b64encode(digest)

"""The keys that sign mail (rule 4.16): making one, its DNS record, and which one signs a mail."""

import base64
import logging
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.utils import timezone

from accounts.models import Domain
from groupadmin.base import dns_records, sealed
from groupadmin.base.dns_records import Problem
from groups.models import SigningKey

from .signatures import Key

PURPOSE = "mail signing key"
# Large receivers check no others for certain: ed25519 is ignored by most, longer ones do not fit everywhere.
BITS = 2048

logger = logging.getLogger(__name__)


def new_key(domain: Domain) -> SigningKey:
    """A key for a domain, not yet stored, with a selector that nobody has used."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(
        domain=domain,
        selector=f"ga{timezone.now():%Y%m%d}{secrets.token_hex(2)}",
        public_key=base64.b64encode(public).decode(),
        private_key=sealed.seal(PURPOSE, pem.decode()),
    )


def problem_of(key: SigningKey) -> Problem | None:
    """Looks for a key's record, which may take seconds; None if it is as it should be."""
    found = dns_records.txt_records(key.record_name)
    if found.problem is not None:
        return found.problem
    return None if any(_says(value, key.public_key) for value in found.values) else Problem.OTHER


def _says(record: str, public_key: str) -> bool:
    """Whether a record gives this key to all who ask. Providers write it with blanks, and in any order."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        name, _equals, value = part.partition("=")
        tags[name.strip()] = "".join(value.split())
    right_kind = tags.get("v", "DKIM1") == "DKIM1" and tags.get("k", "rsa") == "rsa"
    is_test = "y" in tags.get("t", "").split(":")
    return right_kind and not is_test and tags.get("p") == public_key


def signing_key(company_id: int, domains: Sequence[str]) -> Key | None:
    """What signs for the first of these domains that has a key and is the company's; None if none does."""
    if not settings.MAIL_SIGN or not domains:
        return None
    found = SigningKey.objects.in_use().filter(domain__company=company_id, domain__name__in=domains)
    keys = {key.domain.name: key for key in found.select_related("domain")}
    for name in domains:
        if (key := keys.get(name)) is not None:
            try:
                return Key(name, key.selector, _private(key.private_key))
            except sealed.InvalidToken:
                logger.error("The signing key %s cannot be read: SECRET_KEY has changed", key)
    return None


@lru_cache(maxsize=64)
def _private(text: str) -> rsa.RSAPrivateKey:
    pem = sealed.unseal(PURPOSE, text).encode()
    # It is our own, and checking it again takes longer than signing a hundred letters.
    private = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101
    return private

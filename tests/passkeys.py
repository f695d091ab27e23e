"""A security key in software, which makes and uses passkeys as a browser would hand them over."""

import hashlib
import json
import os
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

from accounts.models import Member

HOST = "testserver"
PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


class SoftKey:
    """One passkey of one person. Without `verifies` it asks for neither PIN nor finger."""

    def __init__(self, member: Member, *, verifies: bool = True, host: str = HOST) -> None:
        self.user_handle = websafe_encode(user_pk_to_url_str(member).encode())
        self.credential_id = os.urandom(16)
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.flags = PRESENT | (VERIFIED if verifies else 0)
        self.host = host
        self.uses = 0

    def made(self, challenge: str) -> dict[str, Any]:
        """What a browser answers to a page that has a passkey made."""
        key: dict[int, Any] = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]
        public = cbor.encode(dict(key))
        head = self._head(self.flags | HAS_CREDENTIAL)
        data = head + bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        response = {
            "clientDataJSON": websafe_encode(self._client_data("webauthn.create", challenge)),
            "attestationObject": websafe_encode(
                cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
            ),
        }
        return self._credential(response) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def used(self, challenge: str) -> dict[str, Any]:
        """What a browser answers to a page that has it used."""
        self.uses += 1
        client_data, data = self._client_data("webauthn.get", challenge), self._head(self.flags)
        signed = data + hashlib.sha256(client_data).digest()
        response = {
            "clientDataJSON": websafe_encode(client_data),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(self.private.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": self.user_handle,
        }
        return self._credential(response)

    def _head(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": f"https://{self.host}", "crossOrigin": False}
        return json.dumps(told).encode()

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {
            "type": "public-key",
            "id": name,
            "rawId": name,
            "response": response,
            "clientExtensionResults": {},
        }


def passkey_of(member: Member, name: str = "Phone", key: SoftKey | None = None) -> Authenticator:
    """A passkey that the person has added already."""
    credential = (key or SoftKey(member)).made("AAAA")
    return Authenticator.objects.create(
        user=member, type="webauthn", data={"name": name, "credential": credential}
    )

"""Signs what is sent, as Standard Webhooks has it (rule 11.5)."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from standardwebhooks import Webhook as Signer

OLD_SIGNS_FOR = timedelta(days=1)
"""How long the secret before the last one signs too."""


def make_secret() -> str:
    """A new secret: 256 bits, in the form that all libraries of Standard Webhooks take."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def headers(keys: Sequence[str], message_id: str, body: str, at: datetime) -> dict[str, str]:
    """The headers that tell what it is, and sign it with each of the secrets."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(key).sign(message_id, at, body) for key in keys),
    }

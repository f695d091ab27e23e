"""By logout tokens a provider ends sessions here (OpenID Connect Back-Channel Logout 1.0, rule 9.6)."""

import hashlib

from django.core.cache import cache

from accounts.models import IdentityProvider

from .discovery import metadata_of
from .signed import LEEWAY_SECONDS, LOGOUT_AGE_SECONDS, LoggedOut, read_logout_token
from .trouble import BROKEN, Trouble


def read(provider: IdentityProvider, token: str) -> LoggedOut:
    """Whom it signs out. Each token counts once, as somebody may have signed in again. Raises Trouble."""
    told = read_logout_token(token, provider, metadata_of(provider.discovery_url))
    name = hashlib.sha256(f"{provider.pk} {told.jti}".encode()).hexdigest()
    # Later, it is too old anyway.
    if not cache.add(f"sso-logout-{name}", True, LOGOUT_AGE_SECONDS + 2 * LEEWAY_SECONDS):
        raise Trouble(BROKEN, "the logout token was used already")
    return told

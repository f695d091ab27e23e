"""By what an open page knows the session that it was made in, without giving its key away (rule 9.3)."""

from typing import Any

from django.utils.crypto import salted_hmac


def mark_of(request: Any) -> str:
    """The same as long as this session goes on; empty if nobody is signed in."""
    if not request.user.is_authenticated:
        return ""
    return salted_hmac(__name__, request.session.session_key or "", algorithm="sha256").hexdigest()

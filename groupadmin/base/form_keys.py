"""The key that every form carries with which something is added, so that it is added once (rule 5.8)."""

import hashlib
from uuid import UUID

from django.http import HttpRequest

FIELD = "form_key"
NOT_CONTENT = frozenset({"csrfmiddlewaretoken"})


def form_key(request: HttpRequest, sender: int) -> UUID | None:
    """What tells a form that is sent again from another one; None if it carries no key.

    It comes from everything in the form: who goes back, and sends the same page with other words, adds
    another thing.
    """
    if request.method != "POST" or (given := _uuid(request.POST.get(FIELD, ""))) is None:
        return None
    digest = hashlib.sha256(f"{sender}\n{given}\n{request.path}".encode())
    for name, values in sorted(request.POST.lists()):
        if name not in NOT_CONTENT:
            digest.update(repr((name, values)).encode(errors="surrogatepass"))
    for name, files in sorted(request.FILES.lists()):
        digest.update(repr((name, [(file.name, file.size) for file in files])).encode(errors="surrogatepass"))
    return UUID(bytes=digest.digest()[:16])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

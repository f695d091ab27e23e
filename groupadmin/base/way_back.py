"""Where the person behind a request comes from: the page that they had before them."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def came_from(request: HttpRequest) -> str:
    """The path of the page, with its query, as far as the browser says it and it is ours; else empty."""
    shown = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    return ours(request, shown)


def ours(request: HttpRequest, address: str) -> str:
    """An address of ours as a path with its query, so that nobody is led anywhere else; else empty."""
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if not safe:
        return ""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # "https://host//elsewhere" is ours; what is left of it, as an address of its own, is not.
    return path if path.startswith("/") and not path.startswith("//") else ""

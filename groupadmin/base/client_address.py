"""What the web server in front of us knows about the client."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ClientAddressMiddleware:
    """Puts the client's IP address where the audit (rule 8.1) and the sign-in rate limits look for it.

    Each proxy adds the address that connected to it to X-Forwarded-For. Anything to the left of our own
    proxies' entries may be forged.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies: int = settings.TRUSTED_PROXIES
        addresses = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if 0 < proxies <= len(addresses) and (address := _address(addresses[-proxies])):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip().partition("%")[0]))
    except ValueError:
        return ""

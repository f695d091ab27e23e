"""Where a sign-in comes from."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import translation

from groupadmin.base.devices import device_name

from .actor import Actor, Door
from .models import Member


@dataclass(frozen=True)
class Source:
    """The address, the device by a short name, and the door: the pages, or the submission of mail."""

    ip: str | None
    device: str = ""
    door: Door = Door.WEB

    @classmethod
    def of(cls, request: HttpRequest) -> "Source":
        """Where the request comes from."""
        ip = request.META.get("REMOTE_ADDR") or None
        # In one language, as it is stored and compared.
        with translation.override(None):
            return cls(ip, device_name(request.META.get("HTTP_USER_AGENT", "")))

    def actor(self, member: Member | None) -> Actor:
        """That person at this place; None for somebody who is not signed in."""
        return Actor(member, self.door, self.ip)

    def facts(self) -> dict[str, list[str | None]]:
        """What the audit says of the device (rule 9.1); the address is in every entry."""
        return {"device": [None, self.device]} if self.device else {}

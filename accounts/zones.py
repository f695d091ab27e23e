"""In which time zone somebody sees times (rule 12.3): their own, else the browser's, else the company's."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from groupadmin.base import zones

from .models import Company, Member

COOKIE = "zone"
"""What the browser says that its zone is: static/groupadmin/zone.js writes it."""


def zone_of(member: Member, browser: str = "") -> ZoneInfo:
    """The person's zone, whoever asks: in mails, notices and jobs as on pages.

    `browser` counts until it is known which zone the person's browser has.
    """
    for name in (member.time_zone, member.browser_zone or browser):
        if (zone := zones.called(name)) is not None:
            return zone
    return zone_of_company(member.company)


def zone_of_company(company: Company | None) -> ZoneInfo:
    """For whoever has not chosen; without a company, the installation's TIME_ZONE."""
    chosen = zones.called(company.time_zone) if company is not None else None
    return chosen or ZoneInfo(timezone.get_default_timezone_name())


def said_by_browser(request: HttpRequest) -> str:
    """The zone that the browser says it is in, by its present name; empty for none and for nonsense."""
    return zones.meant(request.COOKIES.get(COOKIE, ""))


def zone_offer(request: HttpRequest, member: Member) -> dict[str, str] | None:
    """Asks whether times shall be in the zone where the browser is now, if they would be others there.

    Not again once it was answered, and not over a form that was filled in.
    """
    said = said_by_browser(request) if request.method == "GET" else ""
    present = zone_of(member, said).key
    if not said or said == member.declined_zone or zones.agree(said, present, timezone.now()):
        return None
    return {"zone": said, "named": zones.shown(said), "kept": zones.shown(present)}

"""Around every request: what is let in, the viewer's language and time zone, htmx, and refusals."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django_htmx.http import HttpResponseClientRedirect

from accounts.actor import Actor, NotVisible, Refused
from accounts.audit import record_not_visible, record_refusal
from accounts.models import Member
from accounts.permissions import is_administrator_of
from accounts.zones import said_by_browser, zone_of
from groupadmin.base import unavailable, zones
from groupadmin.base.name_order import read_in
from groupadmin.base.request_log import say_who
from groupadmin.base.unsaved import HEADER
from groupadmin.base.uploads import keep_names_whole, most_bytes

from .refusing import say_no, say_refused

GetResponse = Callable[[HttpRequest], HttpResponse]


FORBIDDEN_POWERS = (
    *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope"),
    *("magnetometer", "microphone", "midi", "payment", "serial", "usb"),
)


class EmbeddingMiddleware:
    """Says in every answer, static files included, that it is for our own pages and for no search engine."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", ", ".join(f"{it}=()" for it in FORBIDDEN_POWERS))
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response


class ArrivalMiddleware:
    """Rejects what cannot be read, so that later code never sees endless bodies or NUL in cookies."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        keep_names_whole(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, *args: object) -> HttpResponse | None:
        """Reads the form before any view does: half of one would look like one with nothing chosen.

        What is too much raises Django's own exceptions, which groupadmin.views.bad_request answers.
        """
        # Before anything reads the body: files would be parsed and written to disk even for strangers.
        if _is_large(request) and _length(request) > most_bytes(request.path_info):
            return _too_large(request)
        if getattr(view, "asks_for_token", False):
            return None  # before it reads anything, and it reads no form
        if _is_large(request) and not _administers(request):
            return _too_large(request)
        try:
            _ = request.POST
        except UnreadablePostError:
            # Who sent it is gone.
            return HttpResponse("Broken off", status=400, content_type="text/plain; charset=utf-8")
        return None


def _is_large(request: HttpRequest) -> bool:
    return _length(request) > int(settings.REQUEST_MAX_BYTES)


def _administers(request: HttpRequest) -> bool:
    member = getattr(request, "user", None)
    return isinstance(member, Member) and is_administrator_of(member, member.company_id)


def _too_large(request: HttpRequest) -> HttpResponse:
    if unavailable.wants_json(request):
        return HttpResponse("Too large", status=413, content_type="text/plain; charset=utf-8")
    return say_no(request, "413.html", status=413)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


class ReaderMiddleware:
    """Dates, numbers, language and the order of names for whoever reads the page (rules 12.1 to 12.3)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = said_by_browser(request)
        if not isinstance(request.user, Member):
            with timezone.override(zones.called(said) or timezone.get_default_timezone()):
                return self.get_response(request)
        say_who(user=request.user.pk)
        order = read_in(request.user.language or _of_browser(request))
        with timezone.override(zone_of(request.user, said)), order:
            if not request.user.language:
                return self.get_response(request)
            with translation.override(request.user.language):
                return self.get_response(request)


def _of_browser(request: HttpRequest) -> str:
    """The first language of the browser, also one that the pages are not in (rule 12.2)."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500].lower())
    return accepted[0][0] if accepted and accepted[0][0] != "*" else ""


class PrivacyMiddleware:
    """Nothing keeps a page: no proxy, and no browser on a machine that others use too.

    It may show people's data, or be where somebody chooses a password. What may be kept says so itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class HtmxAnswersMiddleware:
    """Turns redirects, such as to the sign-in page, into ones that htmx follows as a full page load."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        if getattr(request, "htmx", False) and response.status_code in (301, 302, 303):
            redirect = HttpResponseClientRedirect(response["Location"])
            redirect.cookies = response.cookies
            if response.has_header(HEADER):
                redirect[HEADER] = response[HEADER]
            return redirect
        return response


class RefusalMiddleware:
    """Answers Refused with 403 and what would be needed (rule 7), and trouble with 503 or 507."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method in ("GET", "POST"):
            # Browsers show an error of their own for an empty answer.
            response.content = say_no(request, "405.html", status=405).content
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if (answer := unavailable.answer(request, exception)) is not None:
            return answer
        if isinstance(exception, NotVisible):
            record_not_visible(Actor.of(request), exception)
        if not isinstance(exception, Refused):
            return None
        if not exception.audited:
            record_refusal(Actor.of(request), exception)
        return say_refused(request, exception)

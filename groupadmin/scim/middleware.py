from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from groupadmin.base.uploads import read_in_pieces

from .errors import CONTENT_TYPE, is_for_us, of_status

GetResponse = Callable[[HttpRequest], HttpResponse]


class ScimErrorsMiddleware:
    """Whatever goes wrong before a view is asked is said in SCIM's form too: too large, no such address, no
    database (RFC 7644, 3.12)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_for_us(request):
            return self.get_response(request)
        read_in_pieces(request)
        # A token says who asks; a browser that is signed in as somebody adds nothing to it.
        request.COOKIES.clear()
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        if response.get("Content-Type") == CONTENT_TYPE:
            return response
        if response.status_code < 300:
            return response
        # Clients are no browsers: they are sent to no page.
        status = response.status_code if response.status_code >= 400 else 404
        answer = of_status(status)
        if retry := response.get("Retry-After"):
            answer["Retry-After"] = retry
        return answer

"""What lies around the API: it knows no cookies, and no page of ours says no in its place."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from groupadmin.base.uploads import read_in_pieces

from . import problems

GetResponse = Callable[[HttpRequest], HttpResponse]
ROOT = "/api"


class ApiMiddleware:
    """Before a session could be looked at, and after everything that may refuse a request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != ROOT and not request.path_info.startswith(f"{ROOT}/"):
            return self.get_response(request)
        read_in_pieces(request)
        # A token says who calls; a browser that is signed in as somebody adds nothing to it.
        request.COOKIES.clear()
        request.META.pop("HTTP_COOKIE", None)
        response = problems.in_place_of(self.get_response(request))
        response["Vary"] = "Authorization, Accept-Language"
        response["Cache-Control"] = "private, no-cache"
        return response

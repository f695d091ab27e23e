"""The request of a signed-in person."""

from typing import cast

from django.http import HttpRequest

from groupadmin.base.request import HtmxRequest

from .models import Member


class MemberRequest(HtmxRequest):
    """The request in our views: they all require a sign-in, except those marked `login_not_required`."""

    user: Member


def viewer_of(request: HttpRequest) -> Member:
    """The viewer of a page, where the type of the request does not guarantee one."""
    return cast(MemberRequest, request).user

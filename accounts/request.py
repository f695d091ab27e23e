"""The request of somebody who is signed in."""

from typing import cast

from django.http import HttpRequest

from groupadmin.base.request import HtmxRequest

from .models import Member


class MemberRequest(HtmxRequest):
    """What views get: without a sign-in nobody comes to them, but for those marked `login_not_required`."""

    user: Member


def viewer_of(request: HttpRequest) -> Member:
    """Who looks at a page, where the request is not typed so that it says so itself."""
    return cast(MemberRequest, request).user

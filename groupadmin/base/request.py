"""What our middleware makes of a request, for the type checker: views name this, or accounts.request."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """With what htmx says of itself; false if it is not htmx that asks."""

    htmx: HtmxDetails

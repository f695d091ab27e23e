"""The request after our middleware, for the type checker: views use this, or accounts.request."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """With htmx's details; `htmx` is false if the request does not come from htmx."""

    htmx: HtmxDetails

"""Whether htmx asks, and for which part of a page."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxMiddleware

from groupadmin.base.partials import fills


def request_with(**headers: str) -> HttpRequest:
    request = RequestFactory().get(
        "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    HtmxMiddleware(lambda request: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"HX_Target": "results"}, False),
        ({"HX_Request": "true"}, False),
        ({"HX_Request": "true", "HX_Target": "other"}, False),
        ({"HX_Request": "true", "HX_Target": "results"}, True),
        ({"HX_Request": "true", "HX_Target": "results", "HX_History_Restore_Request": "true"}, False),
    ],
)
def test_which_element_is_filled(headers: dict[str, str], expected: bool) -> None:
    """Going back through history asks for whole pages."""
    assert fills(request_with(**headers), "results") is expected

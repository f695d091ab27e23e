"""The pages for what went wrong: they look like ours, and are there when much else is not."""

import pytest
from django.template import TemplateSyntaxError
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from accounts.models import Member
from groupadmin import views
from tests.helpers import ClientOf

pytestmark = pytest.mark.one_database

FRAME = 'class="alone-card"'


def test_the_address_of_a_form_opened_as_a_page_says_so(member: Member, client_of: ClientOf) -> None:
    """As after a reload, or after signing in again: an empty answer would be the browser's."""
    answer = client_of(member).get(reverse("groups:resume_own_address"))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    text = answer.content.decode()
    assert FRAME in text
    assert "There is no page here" in text


@override_settings(ALLOWED_HOSTS=["ours.example"])
def test_what_cannot_be_read_is_answered_without_the_request() -> None:
    answer = Client().get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert FRAME in text
    assert "This cannot be read" in text


def test_a_fault_has_a_page_and_words_even_if_no_page_can_be_made(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    request = rf.get("/")
    answer = views.server_error(request)
    assert answer.status_code == 500
    assert FRAME in answer.content.decode()

    def fail(name: str) -> None:
        raise TemplateSyntaxError(name)

    monkeypatch.setattr(views, "get_template", fail)
    answer = views.server_error(request)
    assert answer.status_code == 500
    assert answer.content == b"Something went wrong. Nothing was saved."
    assert "cannot be shown" in caplog.text

"""The pages for what went wrong: they look like ours, and are there when much else is not."""

import re

import pytest
from django.conf import settings
from django.template import TemplateSyntaxError
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from accounts.models import Member
from groupadmin import menu, views
from groups.models import Group
from tests.helpers import ClientOf

pytestmark = pytest.mark.one_database

FRAME = 'class="frame"'
ALONE = 'class="alone-card"'


def test_the_address_of_a_form_opened_as_a_page_says_so(member: Member, client_of: ClientOf) -> None:
    """As after a reload, or after signing in again: an empty answer would be the browser's."""
    answer = client_of(member).get(reverse("groups:resume_own_address"))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    text = answer.content.decode()
    assert FRAME in text
    assert "There is no page here" in text


def test_a_form_sent_to_a_page_that_takes_none_is_answered_with_a_page(
    member: Member, client_of: ClientOf
) -> None:
    answer = client_of(member).post(reverse("groups:list"))
    assert answer.status_code == 405
    assert "There is no page here" in answer.content.decode()


def test_who_is_signed_in_keeps_the_frame_and_strangers_get_none(member: Member, client_of: ClientOf) -> None:
    url = "/nowhere/"
    page = client_of(member).get(url)
    assert page.status_code == 404
    assert FRAME in page.content.decode()
    assert f'action="{reverse("groups:list")}"' in page.content.decode(), "one can search for a group"
    stranger = client_of(None).get(url)
    assert ALONE in stranger.content.decode()
    fragment = client_of(member, htmx=True).get(url)
    assert ALONE in fragment.content.decode(), "what htmx does not show costs no frame"


def test_not_there_and_not_to_be_known_look_the_same(
    private_group: Group, member: Member, client_of: ClientOf
) -> None:
    """Rule 7: whoever may not know of a group learns nothing from the page, but for the form's own token."""
    client = client_of(member)
    pages = [
        client.get(reverse("groups:detail", args=[pk])).content.decode()
        for pk in (private_group.pk, private_group.pk + 1_000)
    ]
    hidden, missing = (re.sub(r"[0-9A-Za-z]{64}", "token", text) for text in pages)
    assert FRAME in hidden
    assert hidden == missing


def test_a_refusal_says_what_is_needed_and_whom_to_ask(
    group: Group, master: Member, member: Member, client_of: ClientOf
) -> None:
    """Rule 7: with the way back to the page one comes from, and to the group."""
    listed = reverse("groups:list")
    answer = client_of(member).get(
        reverse("groups:edit", args=[group.pk]), headers={"referer": f"http://testserver{listed}?q=a"}
    )
    assert answer.status_code == 403
    text = answer.content.decode()
    assert FRAME in text
    assert "Only the group&#x27;s masters and administrators can do this." in text
    assert "Masters of this group" in text
    assert master.name in text
    assert f'href="{reverse("groups:detail", args=[group.pk])}"' in text
    company_page = client_of(member).get(reverse("accounts:settings")).content.decode()
    assert "Administrators of your company" not in company_page, "there are none"


def test_what_one_comes_from_elsewhere_is_no_way_back(member: Member, client_of: ClientOf) -> None:
    for elsewhere in ("https://elsewhere.example/", "http://testserver//elsewhere.example/"):
        page = client_of(member).get("/nowhere/", headers={"referer": elsewhere}).content.decode()
        assert "elsewhere.example" not in page
    answer = client_of(member).get("/nowhere/", headers={"referer": "http://testserver/profile/"})
    assert 'href="/profile/">Back to the previous page' in answer.content.decode()


def test_a_deleted_group_can_be_restored_by_who_may_know_of_it(
    deleted_group: Group, administrator: Member, master: Member, client_of: ClientOf
) -> None:
    """Rule 2.17: to everybody else it is not there."""
    url = reverse("groups:detail", args=[deleted_group.pk])
    page = client_of(administrator).get(url)
    assert page.status_code == 404
    assert reverse("groups:restore", args=[deleted_group.pk]) in page.content.decode()
    assert deleted_group.name not in client_of(master).get(url).content.decode()


def test_an_answer_is_given_even_if_the_frame_is_what_is_broken(
    member: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("no rooms")

    monkeypatch.setattr(menu, "rooms_of", fail)
    answer = client_of(member).get("/nowhere/")
    assert answer.status_code == 404
    assert ALONE in answer.content.decode()
    assert "cannot be drawn" in caplog.text


def test_what_is_too_large_has_a_page(member: Member, client_of: ClientOf) -> None:
    size = str(settings.REQUEST_MAX_BYTES + 1)
    client = client_of(member)
    answer = client.generic(
        "POST", reverse("groups:list"), "", content_type="text/plain", CONTENT_LENGTH=size
    )
    assert answer.status_code == 413
    assert FRAME in answer.content.decode()
    assert "Nothing was saved" in answer.content.decode()


def test_a_form_of_an_earlier_sign_in_leads_back_to_itself(member: Member, client_of: ClientOf) -> None:
    """As after signing in again in another tab: the token of the form is an old one."""
    client = client_of(member)
    client.handler.enforce_csrf_checks = True
    page = f"http://testserver{reverse('accounts:profile')}"
    answer = client.post(reverse("accounts:profile"), {"name": "Momo"}, headers={"referer": page})
    assert answer.status_code == 403
    text = answer.content.decode()
    assert FRAME in text
    assert "Nothing was saved" in text
    assert f'href="{reverse("accounts:profile")}">Back to the form' in text


@override_settings(ALLOWED_HOSTS=["ours.example"])
def test_what_cannot_be_read_is_answered_without_the_request() -> None:
    answer = Client().get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert ALONE in text
    assert "This cannot be read" in text


def test_a_fault_has_a_page_and_words_even_if_no_page_can_be_made(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    request = rf.get("/")
    answer = views.server_error(request)
    assert answer.status_code == 500
    assert ALONE in answer.content.decode()

    def fail(name: str) -> None:
        raise TemplateSyntaxError(name)

    monkeypatch.setattr(views, "get_template", fail)
    answer = views.server_error(request)
    assert answer.status_code == 500
    assert answer.content == b"Something went wrong. Nothing was saved."
    assert "cannot be shown" in caplog.text

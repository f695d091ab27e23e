"""What groupadmin/docs/security.md calls met, and no test of a feature shows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.crypto import RANDOM_STRING_CHARS

from accounts.models import Member
from groupadmin.settings import base
from groups.views import lists

from .factories import PASSWORD
from .helpers import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ROOT = Path(__file__).parents[1]
SIGN_IN = "/sign-in/"


@pytest.fixture(autouse=True)
def _attempts_forgotten() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, member: Member, password: str = PASSWORD, **more: str) -> Any:
    return client.post(SIGN_IN, {"login": member.email, "password": password, **more})


ELSEWHERE = [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:///evil.example",
    "\t//evil.example",
    "https:evil.example",
    "//127.0.0.1@evil.example/",
]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_nobody_is_led_elsewhere(member: Member, place: str) -> None:
    """ASVS 3.7.2: neither after signing in nor after signing out."""
    client = Client()
    assert sign_in(client, member, next=place)["Location"] == "/"
    assert client.post(reverse("account_logout"), {"next": place})["Location"] == SIGN_IN


def test_pages_load_nothing_from_elsewhere_and_stand_in_no_frame(member: Member, client_of: ClientOf) -> None:
    """ASVS 3.4.3, 3.4.6, 14.2.3."""
    page = client_of(member).get(reverse("groups:list"))
    told = dict(one.split(" ", 1) for one in page["Content-Security-Policy"].split("; "))
    assert told == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert page["Referrer-Policy"] == "same-origin"
    assert not re.search(rb"""(?:src|href|action)=["'](?:https?:)?//""", page.content)


def test_a_form_needs_its_token_and_the_right_place(member: Member) -> None:
    """ASVS 3.5.1."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(member, backend=settings.AUTHENTICATION_BACKENDS[0])
    url = reverse("accounts:profile")
    token = re.search(r'"X-CSRFToken": "([^"]+)"', client.get(url).content.decode())
    assert token
    sent = {"language": "en-gb", "time_zone": "", "notified_by": "both"}
    assert client.post(url, sent).status_code == 403
    elsewhere = client.post(url, sent, headers={"X-CSRFToken": token[1], "Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    member.refresh_from_db()
    assert member.language == ""
    assert client.post(url, sent, headers={"X-CSRFToken": token[1]}).status_code == 302


def test_a_form_is_read_from_what_was_sent_not_from_the_address(member: Member, client_of: ClientOf) -> None:
    """ASVS 15.3.7: and of a field that is there twice, the last counts, for checking and for saving."""
    url = reverse("accounts:profile")
    client_of(member).post(f"{url}?language=en-gb", {"time_zone": "", "notified_by": "both"})
    member.refresh_from_db()
    assert member.language == ""
    client_of(member).post(url, {"language": ["xx", "en-gb"], "time_zone": "", "notified_by": "both"})
    member.refresh_from_db()
    assert member.language == "en-gb"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK"])
def test_nothing_is_echoed(method: str) -> None:
    """ASVS 13.4.4."""
    answer = Client().generic(method, SIGN_IN, headers={"X-Secret": "wombat"})
    assert answer.status_code in (403, 405)
    assert b"wombat" not in answer.content


@pytest.mark.parametrize("path", ["/static/", "/static/groupadmin/", "/media/", "/.git/HEAD", "/admin/doc/"])
def test_no_folder_is_listed_and_none_of_ours_is_served(
    superuser: Member, client_of: ClientOf, path: str
) -> None:
    """ASVS 5.3.1, 13.4.3, 13.4.5."""
    assert client_of(superuser).get(path).status_code == 404


def test_a_fault_of_ours_tells_nothing_and_is_logged(
    member: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """ASVS 16.3.4, 16.5.1."""

    def fail(*args: Any) -> None:
        raise ZeroDivisionError("wombat")

    monkeypatch.setattr(lists, "page_for", fail)
    client = client_of(member)
    client.raise_request_exception = False
    answer = client.get(reverse("groups:list"))
    assert answer.status_code == 500
    assert b"wombat" not in answer.content
    assert b"Traceback" not in answer.content
    assert [record.exc_info and record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


def test_a_session_has_an_id_of_its_own_that_ends_with_it(member: Member) -> None:
    """ASVS 7.2.1, 7.2.3, 7.2.4, 7.4.1."""
    client = Client()
    sign_in(client, member)
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert len(first) >= 32
    assert set(first) <= set(RANDOM_STRING_CHARS)
    client.post(reverse("account_logout"))
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = first
    assert again.get(reverse("groups:list")).status_code == 302
    assert sign_in(again, member).status_code == 302
    assert again.cookies[settings.SESSION_COOKIE_NAME].value != first


LONG = "Ünïcode and  spaces, 'quotes' \\ <b>\N{PILE OF POO} " * 3


def test_a_password_counts_as_typed_whatever_it_is_made_of(member: Member) -> None:
    """ASVS 6.2.2, 6.2.3, 6.2.5, 6.2.8, 6.2.9: not cut, not trimmed, with the old one only."""
    client, url = Client(), reverse("account_change_password")
    sign_in(client, member)
    sent = {"oldpassword": "wrong", "password1": LONG, "password2": LONG}
    client.post(url, sent)
    member.refresh_from_db()
    assert not member.check_password(LONG)
    client.post(url, sent | {"oldpassword": PASSWORD})
    member.refresh_from_db()
    assert member.check_password(LONG)
    for other in (LONG.strip(), LONG[:72], LONG.lower(), PASSWORD):
        fresh = Client()
        sign_in(fresh, member, other)
        assert settings.SESSION_COOKIE_NAME not in fresh.cookies
    fresh = Client()
    assert sign_in(fresh, member, LONG).status_code == 302
    assert settings.SESSION_COOKIE_NAME in fresh.cookies


@pytest.mark.parametrize("easy", ["short1!", "password1", "12345678", "qwertyuiop"])
def test_what_everybody_would_guess_is_no_password(member: Member, easy: str) -> None:
    """ASVS 6.2.1, 6.2.4."""
    client = Client()
    sign_in(client, member)
    sent = {"oldpassword": PASSWORD, "password1": easy, "password2": easy}
    assert client.post(reverse("account_change_password"), sent).status_code == 200
    member.refresh_from_db()
    assert not member.check_password(easy)


def test_password_fields_are_hidden_and_open_to_password_managers(member: Member) -> None:
    """ASVS 6.2.6, 6.2.7."""
    client = Client()
    pages = client.get(SIGN_IN).content.decode()
    sign_in(client, member)
    pages += client.get(reverse("account_change_password")).content.decode()
    fields = re.findall(r"<input[^>]*password[^>]*>", pages)
    assert len(fields) >= 3
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
    assert "onpaste" not in pages


def test_passwords_are_in_no_log(member: Member, caplog: pytest.LogCaptureFixture) -> None:
    """ASVS 16.2.5."""
    caplog.set_level(0)
    sign_in(Client(), member, "wombat-quokka-numbat")
    sign_in(Client(), member)
    assert "wombat" not in caplog.text
    assert PASSWORD not in caplog.text


def test_passwords_are_stored_by_a_slow_function_and_sessions_are_plain_data() -> None:
    """ASVS 1.5.2, 11.4.2: nothing of the installation's settings weakens Django's."""
    assert not hasattr(base, "PASSWORD_HASHERS")
    assert PBKDF2PasswordHasher.iterations >= 600_000
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"


SCRIPTS = sorted((ROOT / "static" / "groupadmin").glob("*.js"))


KEPT_BY_ALL = {'localStorage.setItem("theme"theme', 'localStorage.getItem("theme"'}
KEPT = {
    "drafts.js": {
        "localStorage",
        "localStorage.getItem(name",
        "localStorage.setItem(namesealed",
        "localStorage.removeItem(name",
    },
    "unsaved.js": {
        "sessionStorage",
        "sessionStorage.getItem(name",
        "sessionStorage.removeItem(name",
        "sessionStorage.setItem(nameJSON.stringify(entry",
        "sessionStorage.setItem(entry.nameJSON.stringify(...strip(entry",
    },
    "shortcuts.js": {
        "localStorage.getItem(SWITCHED",
        'localStorage.setItem(SWITCHEDtarget.checked"on""off"',
    },
}
# What the server reads: which parts of the menu are folded, and the browser's time zone.
WRITE_COOKIES = {"menu.js", "zone.js"}


def test_scripts_keep_the_theme_and_sealed_drafts_and_run_no_text() -> None:
    """ASVS 1.3.2, 3.5.5, 14.3.3; rule 3.13: whatever is kept of what people write is sealed before."""
    assert len(SCRIPTS) > 10
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        kept = re.findall(r"(?:localStorage|sessionStorage)\.?\w*(?:\([^)]*\))?", text)
        assert {re.sub(r"[^\w.\"(]", "", one) for one in kept} <= KEPT.get(script.name, KEPT_BY_ALL), (
            script.name
        )
        assert not re.search(r"indexedDB|\beval\(|new Function|postMessage|\"message\"", text)
        assert "document.cookie" not in text or script.name in WRITE_COOKIES


@pytest.mark.parametrize("name", ["groups:list", "accounts:profile", "room:list"])
def test_signing_out_is_on_every_page(member: Member, client_of: ClientOf, name: str) -> None:
    """ASVS 7.4.4."""
    assert reverse("account_logout") in client_of(member).get(reverse(name)).content.decode()


def test_every_answer_says_what_it_is(member: Member, client_of: ClientOf) -> None:
    """ASVS 4.1.1: with its encoding, if it is text."""
    client = client_of(member)
    for url in (reverse("groups:list"), "/nowhere/", reverse("room:feed", args=["no-key"]), SIGN_IN):
        assert client.get(url)["Content-Type"].endswith("; charset=utf-8")

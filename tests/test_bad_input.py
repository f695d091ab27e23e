"""What no browser of ours sends: odd encodings, cookies, bodies. Never a 500, nor a word about who exists."""

from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from accounts.pickers.tokens import parse
from accounts.sign_in.throttle import OF_ACCOUNT_AT_ADDRESS
from groupadmin.base.log_lines import LineFormatter
from groupadmin.base.text import length
from groupadmin.wsgi import application
from groups.models import Group
from groups.views import lists

from .factories import PASSWORD
from .helpers import ClientOf

pytestmark = pytest.mark.django_db

# Python has all of these; some decode to no text, some to halves of characters, some not at all.
CHARSETS = ["hex", "rot13", "zip", "idna", "punycode", "undefined", "unicode_escape", "utf-7", "latin-1", "?"]
FORM_TYPE = "application/x-www-form-urlencoded"
FORM = '--X\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800 \\x00 é\r\n--X--\r\n'


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=X", FORM),
        (FORM_TYPE, "name=%5Cud800+%5Cx00+%C3%A9"),
    ],
)
@pytest.mark.parametrize("parameter", ["charset={}", "charset*=utf-8''{}"])
def test_a_request_is_utf_8_whatever_it_says(parameter: str, kind: str, body: str, charset: str) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "q=%C3%A9",
        "CONTENT_TYPE": f"{kind}; {parameter.format(charset)}",
        "CONTENT_LENGTH": str(len(body.encode())),
    }
    setup_testing_defaults(environ)
    request = application.request_class(environ | {"wsgi.input": BytesIO(body.encode())})
    assert request.GET["q"] == "é"
    assert request.POST["name"] == r"\ud800 \x00 é"


@pytest.mark.parametrize(
    "cookie", ['sessionid="abcdefgh\\000ijkl"', 'csrftoken="\\000"', "messages=a.b", ";=;"]
)
def test_strange_cookies_are_nobodys(cookie: str) -> None:
    client = Client(headers={"Cookie": cookie})
    assert client.get(reverse("groups:list")).status_code == 302
    assert client.get(reverse("account_login")).status_code == 200


def test_a_body_without_end_is_refused_before_it_is_read(administrator: Member, client_of: ClientOf) -> None:
    for client in (Client(), client_of(administrator)):
        answer = client.generic(
            "POST",
            reverse("account_login"),
            "--X",
            content_type="multipart/form-data; boundary=X",
            CONTENT_LENGTH=str(settings.REQUEST_MAX_BYTES + 1),
        )
        assert answer.status_code == 413
        assert "Content-Security-Policy" in answer.headers


def test_more_text_than_any_form_has_is_refused_with_a_reason(
    administrator: Member, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    body = "a=" + "b" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = client_of(administrator).generic("POST", reverse("account_login"), body, content_type=FORM_TYPE)
    assert answer.status_code == 400
    assert b"too much text" in answer.content
    (record,) = caplog.records
    assert "Traceback" not in LineFormatter().format(record)


def test_every_answer_is_for_our_own_pages_alone(group: Group, member: Member, client_of: ClientOf) -> None:
    """Not to be embedded by others, nor found by search engines; and asks browsers for no powers."""
    static = "/static/groupadmin/app.js"
    for url in (reverse("groups:list"), reverse("account_login"), "/nowhere/", static):
        answer = client_of(member).get(url)
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert "camera=()" in answer["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in answer
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_script_reads_our_cookies_and_no_other_site_sends_them(member: Member) -> None:
    client, url = Client(), reverse("account_login")
    client.get(url)
    client.post(url, {"login": member.email, "password": PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_what_was_shown_is_kept_by_no_proxy(group: Group, member: Member, client_of: ClientOf) -> None:
    for url in (reverse("groups:list"), reverse("groups:detail", args=[group.pk]), "/nowhere/"):
        answer = client_of(member).get(url)
        assert "private" in answer["Cache-Control"]
        assert "HX-Target" in answer["Vary"]


def test_the_reset_answers_alike_whether_one_exists_or_not(member: Member) -> None:
    url = reverse("account_reset_password")
    known = Client().post(url, {"email": member.email})
    assert [one.to for one in mail.outbox] == [[member.email]]
    assert "/sign-in/password/reset/" in mail.outbox[0].body
    unknown = Client().post(url, {"email": "nobody@hanbit.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_the_reset_page_has_no_template_syntax_in_it() -> None:
    page = Client().get(reverse("account_reset_password")).content.decode()
    assert "Enter your email address." in page
    assert "{%" not in page


def test_megabytes_of_brackets_and_flags_are_read_at_once() -> None:
    """Each would take hours if every place were tried again from every other one."""
    assert parse("<" + "@" * 2_000_000).unknown
    assert parse("<" + "a@" * 1_000_000 + " >").addresses
    assert parse('"' * 2_000_001).unknown
    assert length("\N{REGIONAL INDICATOR SYMBOL LETTER D}" * 2_000_001) == 1_000_001


@pytest.mark.parametrize(
    ("text", "characters"),
    [("🇩🇪", 1), ("🇩🇪🇰", 2), ("a🇩🇪🇰🇷b", 4), ("🇩\u0301🇪", 2), ("🇩🇪\u200d🇰🇷", 2), ("👩‍💻🏽", 1)],
)
def test_flags_are_counted_in_pairs(text: str, characters: int) -> None:
    """Rule 2.4: characters as a person counts them."""
    assert length(text) == characters


def test_what_a_client_says_of_its_address_counts_for_nothing(member: Member) -> None:
    """Guessing is counted by the address from which it comes (rule 9.5)."""
    url = reverse("account_login")
    for n in range(OF_ACCOUNT_AT_ADDRESS.most + 1):
        answer = Client().post(
            url,
            {"login": member.email, "password": "guess"},
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        )
    assert "too many failed sign-ins" in answer.content.decode()
    other = Client(REMOTE_ADDR="203.0.113.5")
    assert other.post(url, {"login": member.email, "password": PASSWORD}).status_code == 302


def test_a_database_that_does_not_answer_is_said(
    client_of: ClientOf, administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_in_vain(*args: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(lists, "page_for", wait_in_vain)
    answer = client_of(administrator).get(reverse("groups:list"))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert b"Nothing was saved" in answer.content

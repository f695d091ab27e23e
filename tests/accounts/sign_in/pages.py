"""Signing in at the page, as a browser does."""

from typing import Any

from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD

LOGIN = reverse("account_login")
RESET = reverse("account_reset_password")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(email: str, password: str = PASSWORD, ip: str = "192.0.2.1", client: Client | None = None) -> Any:
    """The page's answer: it redirects whoever is signed in."""
    client = client or Client()
    sent = {"login": email, "password": password}
    return client.post(LOGIN, sent, REMOTE_ADDR=ip, headers={"User-Agent": FIREFOX})


def is_in(answer: Any) -> bool:
    return bool(answer.status_code == 302)


def said(answer: Any) -> str:
    """What is wrong, without what was typed."""
    return "; ".join(answer.context["form"].non_field_errors())

"""The page for signing in."""

from django.urls import reverse

from tests.helpers import ClientOf


def test_a_wrong_password_is_said(client_of: ClientOf, db: None) -> None:
    """The way out is offered, once."""
    page = client_of(None).post(reverse("account_login"), {"login": "a@b.example", "password": "wrong"})
    text = page.content.decode()
    assert "not correct" in text
    assert text.count(reverse("account_reset_password")) == 1

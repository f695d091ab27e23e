"""The base of the browser tests tells what it must tell."""

import pytest

from accounts.models import Member

from .helpers import PageOf, assert_accessible


def test_a_person_is_signed_in_without_typing(page_of: PageOf, superuser: Member) -> None:
    page = page_of(superuser)
    page.goto("/admin/")
    assert page.url.endswith("/admin/")
    assert_accessible(page)


def test_an_inaccessible_page_fails(page_of: PageOf, superuser: Member) -> None:
    page = page_of(superuser)
    page.goto("/admin/")
    page.evaluate("document.querySelector('#content').insertAdjacentHTML('beforeend', '<input>')")
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page)

"""Every page stands in a language other than English, and shows no English then (rule 12.1)."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.models import CharField, JSONField, TextField
from django.test import override_settings
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from .browser.tour.company import furnished_cast
from .emptying import empty_again
from .matrix import API, MATRIX, SCIM, Cast
from .pseudo import accented, pseudo_language, unmarked, words_of
from .test_permission_matrix import taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

READERS = ("administrator", "member")


@pytest.fixture(scope="module")
def cast(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cast]:
    files = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=files):
        yield furnished_cast()
        empty_again()


@pytest.fixture(scope="module")
def data(cast: Cast, django_db_blocker: DjangoDbBlocker) -> frozenset[str]:
    """The words of all that is stored: names, texts, addresses."""
    with django_db_blocker.unblock():
        return words_of(_texts())


def _texts() -> Iterator[str]:
    for model in apps.get_models():
        fields = [
            field.name for field in model._meta.fields if isinstance(field, CharField | TextField | JSONField)
        ]
        for values in model._default_manager.values_list(*fields) if fields else ():
            yield from map(str, values)


# What developers read is in English alone; pictures say nothing.
ELSEWHERE = {
    *API,
    *SCIM,
    "api_page",
    "api_operation",
    "accounts:member_photo",
    "groups:photo",
    "groups:photo_draft",
}


@pytest.mark.parametrize("name", [name for name in MATRIX if name not in ELSEWHERE])
def test_every_page_stands_in_another_language(cast: Cast, data: frozenset[str], name: str) -> None:
    """It answers as in English, and what it says has passed through gettext: pages, and what is wrong."""
    faults: list[str] = []
    for row in MATRIX[name]:
        for role in READERS:
            client = cast.sign_ins.client(getattr(cast, role))
            for verb, answers, expected in (("get", row.get, 200), ("post", row.post, 422)):
                if not answers or answers[role] != expected:
                    continue
                cache.clear()
                url = reverse(name, args=list(row.args(cast)), query=row.query(cast) or None)
                with pseudo_language(), taken_back():
                    answer = getattr(client, verb)(url, row.data(cast) if verb == "post" else None)
                if answer.status_code != expected:
                    faults.append(f"{role} {verb}: {answer.status_code}")
                elif answer.headers.get("Content-Type", "").startswith("text/html"):
                    faults += unmarked(answer.content.decode(), data)
    assert not faults, "\n".join(dict.fromkeys(faults))


def test_what_is_not_marked_is_found() -> None:
    page = f"""<p title="Close">{accented("Open")} <bdi>A name</bdi> Hanbit
        <time>Monday</time> a@b.example group.deleted <option>Excel (XLSX)</option> Not marked</p>"""
    assert unmarked(page, words_of(["Hanbit"])) == ["Close", "Not marked"]


def test_placeholders_stay() -> None:
    assert accented("%(count)d of {more} <b>people</b> &amp; 5%%") == (
        "⟦%(count)d óƒ {more} <b>ƥéóƥļé</b> &amp; 5%%" + "·" * 17 + "⟧"
    )
    assert accented("filter\x04Any") == "⟦Áñý·⟧"

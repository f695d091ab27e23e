"""Every page, in every state, as everybody who sees something different there, holds what is asked of all.

One page alone: `-k administrator/groups:list`. What is asked stands in tests/browser/tour/checks.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser
from pytest_django.plugin import DjangoDbBlocker

from groups.notices import mails
from tests.groups.directory.export.test_everything import export
from tests.groups.notices import mails as notice_mails
from tests.helpers import actor_of
from tests.matrix import MATRIX

from .tour import NO_PAGES, PLACES, VISITORS, Place
from .tour.checks import CHECKS
from .tour.company import Tour, on_tour
from .tour.validator import Validator, lacks, validator
from .tour.visits import Visits


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "media"


@pytest.fixture(scope="module")
def tour(django_db_setup: None, django_db_blocker: DjangoDbBlocker, files: Path) -> Iterator[Tour]:
    with on_tour(django_db_blocker, files) as tour:
        yield tour


@pytest.fixture(scope="module")
def visits(tour: Tour, browser: Browser) -> Iterator[Visits]:
    """One browser window for each visitor, for all tests of the module."""
    visits = Visits(tour, browser)
    yield visits
    visits.close()


@pytest.fixture(scope="module")
def html() -> Iterator[Validator | None]:
    """None where it cannot be had, which test_what_is_no_html_is_found says."""
    if lacks():
        yield None
    else:
        with validator() as running:
            yield running


def test_what_is_no_html_is_found(html: Validator | None) -> None:
    if html is None:
        pytest.skip(f"No page's HTML is checked: {lacks()}")
    head = '<!DOCTYPE html><html lang="en"><head><title>Page</title></head>'
    assert html.faults(f'{head}<body><p hx-get="/">Good</p></body></html>') == []
    (fault,) = html.faults(f"{head}<body><ul><p>Not good</p></ul></body></html>")
    assert "“p” not allowed as child of element “ul”" in fault


@pytest.mark.django_db(transaction=True)
def test_what_leaves_is_html_too(tour: Tour, html: Validator | None, files: Path, media: Path) -> None:
    """The mail with what people are told, and the pages of an export: none of ours shows those."""
    if html is None:
        pytest.skip(f"No HTML is checked: {lacks()}")
    with override_settings(MEDIA_ROOT=files):
        notice_mails.due()
        notices_sent = mails.send_due()
        packed = export(tour.cast.company, actor_of(tour.cast.administrator))
    assert notices_sent.mails
    sources = {"mail": notice_mails.bodies()[1]}
    sources |= {name: packed.read(name).decode() for name in packed.namelist() if name.endswith(".html")}
    assert len(sources) > 3
    faults = [f"{name}: {fault}" for name, source in sources.items() for fault in html.faults(source)]
    assert not faults, "\n".join(faults)


def test_every_page_is_on_the_tour() -> None:
    """A new page is by itself, through its row in the matrix; what is no page is known not to be one."""
    seen = {name for name, rows in MATRIX.items() for row in rows if row.get and 200 in row.get.values()}
    assert seen - NO_PAGES <= {place.name.split()[0] for place in PLACES}
    assert seen >= NO_PAGES
    assert {place.visitor for place in PLACES} == set(VISITORS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_page_holds(
    visits: Visits, html: Validator | None, files: Path, media: Path, place: Place
) -> None:
    """Rule 5.13. All of a page's faults are told, not only the first.

    Its HTML counts as it came and as it stands.
    """
    with override_settings(MEDIA_ROOT=files):
        page = visits.visit(place)
        sources = {page.content(), visits.source} if html else set()
        faults = [fault for check in CHECKS for fault in check(page)]
    if html:
        faults += sorted({fault for source in sources for fault in html.faults(source)})
    assert not faults, "\n".join([f"{place} {page.url}", *faults])

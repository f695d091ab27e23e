"""The file of icons, and the tag that shows one."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from groupadmin import menu
from groupadmin.base import icons
from groupadmin.settings.base import BASE_DIR
from groups.listing.query import _FEATURE_ICONS
from groups.mail.outgoing.own_mail import ICONS as OWN_MAIL_ICONS
from groups.notices.texts import _ICONS
from groups.room.frame import ICONS

TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
NAMED = re.compile(r'\{% icon "([^"]*)"')
IN_MENU = {
    entry.icon
    for top in menu.SECTIONS
    for section in (top, *getattr(top, "entries", ()))
    for entry in (section, *getattr(section, "entries", ()))
    if entry.icon
}
FROM_CODE = {*IN_MENU, *_FEATURE_ICONS.values(), *_ICONS.values(), *ICONS.values(), *OWN_MAIL_ICONS.values()}


def named_in(template: Path) -> set[str]:
    return set(NAMED.findall(template.read_text()))


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR / "templates"))
)
def test_a_template_names_only_icons_that_there_are(template: Path) -> None:
    assert named_in(template) <= icons.NAMES


def test_code_names_only_icons_that_there_are() -> None:
    assert FROM_CODE <= icons.NAMES


def test_the_file_holds_nothing_that_nobody_shows() -> None:
    assert set().union(*map(named_in, TEMPLATES)) | FROM_CODE == icons.NAMES


def test_each_name_has_a_drawing_in_the_colour_of_its_page() -> None:
    sprite = icons.sprite().decode()
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == icons.NAMES
    assert not re.search(r"<symbol[^>]*></symbol>", sprite)
    assert sprite.count('stroke="currentColor"') == len(icons.NAMES)
    assert "<script" not in sprite


def test_the_tag_refers_to_the_drawing() -> None:
    shown = Template('{% icon "users" 16 %}').render(Context())
    address = reverse("icons", args=[icons.digest()])
    assert shown == (
        f'<svg class="icon" width="16" height="16" aria-hidden="true"><use href="{address}#users"/></svg>'
    )


def test_an_unknown_icon_is_a_mistake_and_not_a_hole_in_the_page() -> None:
    with pytest.raises(ValueError, match="no-such-icon"):
        Template('{% icon "no-such-icon" 16 %}').render(Context())


def test_browsers_keep_the_file_for_good() -> None:
    answer = Client().get(reverse("icons", args=[icons.digest()]))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content == icons.sprite()
    packed = Client().get(reverse("icons", args=[icons.digest()]), HTTP_ACCEPT_ENCODING="gzip")
    assert len(packed.content) < len(answer.content) / 3


def test_a_page_of_the_version_before_gets_the_icons_of_this_one_but_not_to_keep() -> None:
    answer = Client().get(reverse("icons", args=["0ldver51"]))
    assert answer.content == icons.sprite()
    assert answer["Cache-Control"] == "no-cache"

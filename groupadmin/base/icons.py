"""The icons of all pages: one file, built from the lucide package.

Browsers fetch it once. Pages name an icon with `{% icon "users" 16 %}`; add new ones to NAMES first.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from zipfile import ZipFile

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_script_prefix, resolve, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

_LISTED = (
    "alarm-clock arrow-down arrow-down-up arrow-left arrow-up at-sign ban bell book-user building-2 "
    "calendar calendar-check calendar-x camera check check-check chevron-down chevron-left chevron-right "
    "chevron-up circle-alert circle-question-mark clock contact crown database door-closed download "
    "ellipsis eye file file-archive file-spreadsheet file-text film fingerprint-pattern folder "
    "folder-input folder-open folder-plus globe grip-vertical handshake history image inbox info "
    "key-round keyboard link list-checks list-plus lock log-out mail mail-check mail-plus mail-search "
    "mail-warning mail-x map-pin menu message-circle message-square messages-square monitor-smartphone "
    "music network "
    "notebook-pen paperclip pause pencil pin pin-off plug plus refresh-cw repeat reply rotate-ccw rss "
    "search search-x send send-horizontal settings shield shield-check smartphone sparkles square-check-big "
    "sun-moon text-align-start trash-2 triangle-alert undo-2 unlink unplug upload user user-check user-minus "
    "user-plus user-search user-star user-x users users-round webhook x"
)
NAMES = frozenset(_LISTED.split())

_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# The line width comes from CSS; everything else is the same for all icons.
_SYMBOL = (
    '<symbol id="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
    'stroke-linecap="round" stroke-linejoin="round">{}</symbol>'
)


@cache
def sprite() -> bytes:
    """The SVG file: one symbol per name, in alphabetical order, so that it only changes when they do."""
    with (files("lucide") / "lucide.zip").open("rb") as packed, ZipFile(packed) as drawings:
        symbols = [_symbol(name, drawings.read(f"{name}.svg").decode()) for name in sorted(NAMES)]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


def _symbol(name: str, svg: str) -> str:
    found = _DRAWING.search(svg)
    if found is None:
        raise ValueError(f"lucide's icon {name} is not drawn as expected")
    return _SYMBOL.format(name, re.sub(r">\s+<", "><", found[1].strip()))


@cache
def digest() -> str:
    """Part of the file's URL. It changes with the content, so browsers may cache the file forever."""
    return hashlib.sha256(sprite()).hexdigest()[:8]


@cache
def _svg(name: str, size: int, prefix: str) -> SafeString:
    if name not in NAMES:
        raise ValueError(f"There is no icon {name!r}; add it to groupadmin.base.icons.NAMES")
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" aria-hidden="true"><use href="{1}#{2}"/></svg>',
        size,
        reverse("icons", args=[digest()]),
        name,
    )


def svg(name: str, size: int) -> SafeString:
    """The markup of an icon. Screen readers skip it: put its meaning into text."""
    return _svg(name, size, get_script_prefix())


@require_safe
@login_not_required
@gzip_page
def icons(request: HttpRequest, version: str) -> HttpResponse:
    """The file. Pages opened before an update ask for the previous version: they get this one, uncached."""
    response = HttpResponse(sprite(), content_type="image/svg+xml")
    is_current = version == digest()
    response["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return response


class IconsMiddleware:
    """Answers before the session is read: like a static file, this one needs no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/icons."):
            try:
                found = resolve(request.path_info)
            except Resolver404:
                return self.get_response(request)
            return icons(request, **found.kwargs)
        return self.get_response(request)

"""Lists of several parts, one after the other, each walked along an index: a page costs the same anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from groupadmin.base.paging import Key, rows_after

from ..paging import Page, PageQuery
from ..problems import invalid

SALT = "groupadmin.api.series"
_BETWEEN = "|"


@dataclass(frozen=True)
class Part:
    """Some of the rows, and the order in which an index has them."""

    name: str
    rows: QuerySet[Any]
    key: Key


def page_of_parts(parts: Sequence[Part], wish: PageQuery) -> Page[Any]:
    """The page that is wished for, from one part after the other.

    Raises Problem for a cursor that is not ours. It is signed for the names of these parts: a filter can
    leave out some of them.
    """
    signer = signing.Signer(salt=".".join([SALT, *(part.name for part in parts)]))
    try:
        name, inner = _read(signer, wish.cursor, parts)
        left = list(parts)[[part.name for part in parts].index(name) :]
        rows, following = _rows(left, inner, wish.limit)
    except (signing.BadSignature, ValueError):
        raise invalid("cursor", _("Send the cursor as you got it."), "query") from None
    return Page(rows, signer.sign(following) if following else None)


def _read(signer: signing.Signer, cursor: str, parts: Sequence[Part]) -> tuple[str, str]:
    """The name of the part, and the cursor within it."""
    if not cursor:
        return parts[0].name, ""
    name, _between, inner = signer.unsign(cursor).partition(_BETWEEN)
    return name, inner


def _rows(parts: Sequence[Part], inner: str, limit: int) -> tuple[list[Any], str]:
    """Rows, and where it goes on; empty at the end."""
    found: list[Any] = []
    for part in parts:
        if len(found) == limit:
            if part.rows.exists():
                return found, part.name + _BETWEEN
            continue
        more, following = rows_after(part.rows, part.key, inner, limit - len(found))
        found += more
        if following:
            return found, f"{part.name}{_BETWEEN}{following}"
        inner = ""
    return found, ""

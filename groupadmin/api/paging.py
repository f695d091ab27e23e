"""Pages of lists: by a signed cursor, so that each page costs the same and nobody can make one up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from django.core import signing
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import BaseModel, Field

from groupadmin.base.paging import LONGEST_CURSOR, Key, rows_after

from .problems import invalid
from .replies import Reply

T = TypeVar("T", bound=Model)

MOST, USUAL = 200, 50
SALT = "groupadmin.api.cursor"

BY_NAME: Key = {"name_sort__collated": str, "id": int}
BY_ID: Key = {"id": int}
NEWEST: Key = {"-id": int}
BY_TIME: Key = {"at": datetime, "id": int}
LATEST: Key = {"-at": datetime, "-id": int}


class PageQuery(BaseModel):
    """Which page of a list."""

    cursor: Annotated[str, Field(max_length=2 * LONGEST_CURSOR)] = Field(
        "", description="`next_cursor` of the page before; empty for the first page."
    )
    limit: int = Field(USUAL, ge=1, le=MOST, description="How many a page has at most.")


PageWish = Annotated[PageQuery, Query(...)]
"""The parameter of every list."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page, None on the last one."""

    rows: list[T]
    next_cursor: str | None


def page_of(rows: QuerySet[T], key: Key, wish: PageQuery) -> Page[T]:
    """The page that is wished for. Raises Problem for a cursor that is not ours."""
    signer = signing.Signer(salt=f"{SALT}.{rows.model._meta.label_lower}.{','.join(key)}")
    try:
        cursor = signer.unsign(wish.cursor) if wish.cursor else ""
        found, following = rows_after(rows, key, cursor, wish.limit)
    except (signing.BadSignature, ValueError):
        raise invalid("cursor", _("Send the cursor as you got it."), "query") from None
    return Page(found, signer.sign(following) if following else None)


def replied(request: HttpRequest, page: Page[T], body: type[BaseModel], items: Sequence[BaseModel]) -> Reply:
    """The page as it is answered; the next one also as a `Link`."""
    headers = {}
    if page.next_cursor:
        query = request.GET.copy()
        query["cursor"] = page.next_cursor
        headers["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return Reply(body(items=list(items), next_cursor=page.next_cursor), headers=headers)

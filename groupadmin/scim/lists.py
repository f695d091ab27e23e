"""Pages of resources: filtered, sorted, with what is wanted of each (RFC 7644, 3.4.2)."""

from typing import Any

from scim2_models import Context, SearchRequest

from .bodies import Document
from .calls import Answer, Call
from .errors import invalid
from .fields import Fields
from .filters import LONGEST, condition, ordering
from .kinds import Resources
from .schemas import POLICY

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
FAR = 10**9


def answer(call: Call, resources: Resources, asked: dict[str, Any]) -> Answer:
    """The page. Raises Failure."""
    if len(str(asked.get("filter", ""))) > LONGEST:
        raise invalid("This filter is too long.", "invalidFilter")
    fields = Fields.read(asked, resources.model)
    search: Any = SearchRequest
    request = search[resources.model].model_validate(
        {name: value for name, value in asked.items() if value not in ("", None)},
        scim_ctx=Context.SEARCH_REQUEST,
        scim_policy=POLICY,
    )
    client, columns = call.client, resources.columns(call.client)
    rows = resources.listed(client)
    if request.filter:
        rows = rows.filter(condition(request.filter, client, resources.model, columns))
    total = rows.count()
    order: list[Any] = []
    if request.sort_by:
        descending = request.sort_order == SearchRequest.SortOrder.descending
        order = ordering(request.sort_by, client, resources.model, columns, descending=descending)
    first = min(request.start_index or 1, FAR)
    # Many clients never ask for a second page.
    most = resources.most_at_once
    count = most if request.count is None else min(request.count, most)
    page = list(rows.order_by(*order, "pk")[first - 1 : first - 1 + count]) if count else []
    page = list(resources.fitting(page, fields))
    return Answer(200, _document(total, first, resources.documents(client, page, fields)))


def of_all(documents: list[Document]) -> Answer:
    """A list that is there as a whole."""
    return Answer(200, _document(len(documents), 1, documents))


def _document(total: int, first: int, documents: list[Document]) -> Document:
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": first,
        "itemsPerPage": len(documents),
        "Resources": documents,
    }

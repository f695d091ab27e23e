"""Finds mails for Audit › Mail, and the results for each recipient (rules 8.2, 8.3).

A search that no index covers looks at a limited number of mails at a time, newest first, and reports how far
it got. So a page costs the same however many mails there are.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.db.models import BinaryField, F, Func, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from groupadmin.base.paging import EARLIEST_YEAR, LATEST_YEAR, Page, page_of
from groupadmin.base.sql import JsonLength
from groupadmin.base.text import clean_line
from groups.mail.content import HEADER_BYTES, header_texts
from groups.models import Envelope, Mail, MailContent

from .filters import MailFilters

PAGE = 50
SEARCHED_AT_ONCE = 100_000
TYPED_AT_MOST = 200
BY_NUMBER = {"pk": int}
BY_TIME = {"-at": datetime, "-pk": int}

ENVELOPES_AT_ONCE = 100
RECIPIENTS_AT_ONCE = 100
FOUND_AT_MOST = 300
HEADERS_SHOWN = ("From", "To", "Cc", "Date", "Authentication-Results", "Auto-Submitted")


@dataclass(frozen=True)
class MailPage:
    """A page of mails; for a search also how far it looked, and where the next one continues."""

    page: Page[Mail]
    searched_to: datetime | None = None
    older: str = ""
    newest: str = ""


def find(company_id: int, filters: MailFilters, query: QueryDict) -> MailPage:
    """The requested page, newest first. `query` has the filters and the position in the list."""
    mails = filters.mails(company_id)
    if not filters.narrows:
        return MailPage(page_of(mails, BY_TIME, query, PAGE))
    start = _moment(query.get("from", ""))
    if start is not None:
        mails = mails.filter(at__lt=start)
    edge = _edge(company_id, filters, start)
    if edge is not None:
        mails = mails.filter(at__gte=edge)
    page = page_of(mails, BY_TIME, query, PAGE)
    return MailPage(
        page,
        searched_to=edge,
        older=_next_query(query, edge) if edge is not None and not page.next else "",
        newest=_next_query(query, None) if start is not None else "",
    )


def _edge(company_id: int, filters: MailFilters, start: datetime | None) -> datetime | None:
    """The time of the last mail that this search looks at; None if it reaches the oldest one."""
    period = filters.of_period(company_id)
    if start is not None:
        period = period.filter(at__lt=start)
    in_turn = period.order_by("-at", "-id").values_list("at", flat=True)
    return in_turn[SEARCHED_AT_ONCE - 1 : SEARCHED_AT_ONCE].first()


def _moment(raw: str) -> datetime | None:
    try:
        found = parse_datetime(raw)
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not EARLIEST_YEAR < found.year < LATEST_YEAR:
        return None
    return found


def _next_query(query: QueryDict, start: datetime | None) -> str:
    again = query.copy()
    for name in ("after", "before", "from"):
        again.pop(name, None)
    if start is not None:
        again["from"] = start.isoformat()
    return "?" + again.urlencode()


@dataclass(frozen=True)
class Counts:
    """The number of recipients in each state."""

    waiting: int
    handed_over: int
    failed: int


def counts_of(mail: Mail) -> Counts:
    """Counted by the database, however many envelopes there are. Recipients in no envelope have failed."""
    rows = (
        mail.envelopes.order_by().values("state").annotate(people=Coalesce(Sum(JsonLength("recipients")), 0))
    )
    by_state = dict(rows.values_list("state", "people"))
    waiting, done = by_state.get(Envelope.State.WAITING, 0), by_state.get(Envelope.State.DONE, 0)
    return Counts(waiting, done, max(0, mail.recipient_count - waiting - done))


@dataclass(frozen=True)
class Recipient:
    """The result for one recipient."""

    address: str
    state: str  # "waiting", "done" or "failed"
    envelope: Envelope
    failure: str = ""


def recipients_of(mail: Mail, query: QueryDict) -> tuple[Page[Envelope], list[Recipient]]:
    """A page of envelopes and their recipients; with a search (`q`) only matching addresses."""
    envelopes = mail.envelopes.all()
    search = clean_line(query.get("q", ""))[:TYPED_AT_MOST].lower()
    if search:
        # SQLite stores JSON with non-ASCII letters escaped.
        ways = {search, json.dumps(search)[1:-1]}
        envelopes = envelopes.annotate(
            present=Cast("recipients", TextField()), failed=Cast("failures", TextField())
        ).filter(_any_of("present", ways) | _any_of("failed", ways))
    size = FOUND_AT_MOST if search else _envelopes_on_page(envelopes, query)
    page = page_of(envelopes, BY_NUMBER, query, size)
    people = [one for envelope in page.rows for one in _people(envelope) if search in one.address.lower()]
    return page, people[:FOUND_AT_MOST]


def _envelopes_on_page(envelopes: QuerySet[Envelope], query: QueryDict) -> int:
    """How many envelopes fill a page of recipients: most hold a hundred, those of contacts one."""
    counted: QuerySet[Any] = envelopes.annotate(people=JsonLength("recipients"))
    counted = counted.defer("recipients", "failures", "headers")
    page = page_of(counted, BY_NUMBER, query, ENVELOPES_AT_ONCE)
    in_turn = page.rows[::-1] if query.get("before") else page.rows
    sizes = [max(1, int(envelope.people)) for envelope in in_turn]
    return max(1, sum(count <= RECIPIENTS_AT_ONCE for count in accumulate(sizes)))


def _any_of(field: str, texts: set[str]) -> Q:
    found = Q()
    for text in texts:
        found |= Q(**{f"{field}__icontains": text})
    return found


def _people(envelope: Envelope) -> Iterator[Recipient]:
    for address, failure in envelope.failures.items():
        yield Recipient(str(address), "failed", envelope, clean_line(str(failure)))
    for address in envelope.recipients:
        yield Recipient(str(address), str(envelope.state), envelope)


def headers_of(mail: Mail) -> list[tuple[str, str]]:
    """Some of the mail's headers, while its content is stored; never the content itself.

    Of Authentication-Results only the front server's own: anybody can write any (rule 4.7).
    """
    if mail.content_id is None:
        return []
    start = Func(F("data"), Value(1), Value(HEADER_BYTES), function="substr", output_field=BinaryField())
    raw = MailContent.objects.filter(pk=mail.content_id).values_list(start, flat=True).first()
    if raw is None:
        return []
    return [one for one in header_texts(bytes(raw), HEADERS_SHOWN) if _is_true(mail, *one)]


def _is_true(mail: Mail, name: str, text: str) -> bool:
    if name.lower() != "authentication-results":
        return True
    front = settings.MAIL_AUTHSERV_ID.lower()
    return bool(front) and mail.door in (Mail.Door.LMTP, Mail.Door.SMTP) and text.lower().startswith(front)

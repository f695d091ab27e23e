"""Asks before what is hard to undo, or cannot be: one look for all questions (rule 10.12).

GET of an address shows the question, as a dialog over the page or as a page of its own; POST does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .partials import fills, render_dialog
from .text import clean_line, fold

# A name of 1,000 code points, twice: browsers count emoji as two, and names are shown with marks closed.
TYPED_AT_MOST = 2_000
COUNTED_AT_MOST = 10_000


@dataclass(frozen=True)
class Touched:
    """A consequence: what is lost, or what stays."""

    icon: str
    text: str
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked. The button repeats the verb of the heading."""

    heading: str
    answer: str
    back: str
    """Where "Cancel" leads."""
    lines: Sequence[Touched] = ()
    name: str = ""
    """What has to be typed, if it is final and large."""
    fills: str = ""
    """The id of the part of the page below the dialog that the answer replaces."""
    hidden: Sequence[tuple[str, str]] = ()
    is_plain: bool = False
    """Whether it is posted without htmx: what is delicate (rule 9.4), or is answered with a page."""


def ask(request: HttpRequest, question: Question, error: str = "") -> HttpResponse:
    """The question; with 422 after a name that is another one."""
    context = {"question": question, "typed": typed_in(request), "error": error}
    context["attributes"] = _attributes(request, question)
    return render_dialog(request, "includes/question.html", context, status=422 if error else 200)


def _attributes(request: HttpRequest, question: Question) -> SafeString:
    """How htmx posts the answer."""
    if question.is_plain:
        return SafeString("")
    posts = format_html(
        'hx-post="{}" hx-swap="outerHTML" hx-indicator="#loading" hx-disinherit="*"', request.path
    )
    if not question.fills or not fills(request, "dialog"):
        return posts
    return format_html('{} hx-target="#{}" data-closes', posts, question.fills)


def unanswered(request: HttpRequest, question: Question) -> HttpResponse | None:
    """Asks, unless the request answers it."""
    if request.method != "POST" or (question.name and "typed" not in request.POST):
        return ask(request, question)
    error = wrong_name(request, question.name)
    return ask(request, question, error) if error else None


def wrong_name(request: HttpRequest, name: str) -> str:
    """What is wrong with the name that was typed to confirm; empty if nothing has to be."""
    typed = typed_in(request)
    if not name or (fold(typed) and fold(typed) == fold(name)):
        return ""
    return _("This is not the name. Check the spelling.") if typed else _("Type the name to confirm.")


def typed_in(request: HttpRequest) -> str:
    """The name as it was typed."""
    return clean_line(request.POST.get("typed", ""))[:TYPED_AT_MOST]


def counted(number: int) -> str:
    """A number that is counted up to COUNTED_AT_MOST."""
    if number > COUNTED_AT_MOST:
        return _("more than %(count)s") % {"count": f"{COUNTED_AT_MOST:,}"}
    return f"{number:,}"

"""Asks before a change takes many people from a company or from groups, and then carries on (rule 10.5).

An action that finds so raises LosesMany. The answer is a page that names the numbers, and holds what was
posted in hidden fields: sent to the same address, with the agreement, it makes the change. A dialog that htmx
has brought gets the question inside its form, which stays as it was typed. If the numbers have grown by then,
it asks again.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import reswap, retarget

from groupadmin.base.partials import fills
from groupadmin.base.way_back import ours

from .actor import Actor
from .consequences import in_groups
from .losses import FIELD, NAMED_AT_MOST, Agreement, LosesMany, Loss

GetResponse = Callable[[HttpRequest], HttpResponse]

TEMPLATE = "accounts/losses.html"
ASKED = 409
BACK = "loss-back"
# The form of a dialog, and the place in it for the question.
DIALOG, PLACE_IN_DIALOG = "group-form", "asks-again"


class AgreeMiddleware:
    """Asks. What is agreed to is read with the actor (Actor.of)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, LosesMany):
            return None
        context: dict[str, Any] = {
            "losses": told(exception.losses, Actor.of(request)),
            "answer": answer(exception.losses),
            "field": FIELD,
            "agreed": str(Agreement.of(request).with_losses(exception.losses)),
        }
        if fills(request, DIALOG):
            asked = render(request, f"{TEMPLATE}#in_dialog", context, status=ASKED)
            return reswap(retarget(asked, f"#{PLACE_IN_DIALOG}"), "innerHTML")
        context |= {
            "action": request.get_full_path(),
            "hidden_fields": _fields(request.POST, exception.keeps),
            "forgets_files": bool(request.FILES) and not exception.keeps,
            "back_field": BACK,
            "back": _back(request),
        }
        if getattr(request, "htmx", False):
            asked = render(request, f"{TEMPLATE}#modal", context, status=ASKED)
            return reswap(retarget(asked, "#dialog"), "innerHTML")
        return render(request, TEMPLATE, context, status=ASKED)


def told(losses: Sequence[Loss], actor: Actor) -> list[str]:
    """The losses, for the one who is asked; groups that they may not see only by their number (rule 2.21)."""
    groups = {loss.pk for loss in losses if loss.kind == "group"}
    if not actor.rules_everything and (reader := actor.reader) is not None:
        visible = in_groups().visible_groups(reader).filter(pk__in=groups)
        groups = set(visible.values_list("pk", flat=True))
    known = [loss for loss in losses if loss.kind != "group" or loss.pk in groups]
    texts = [str(loss) for loss in known[:NAMED_AT_MOST]]
    if more := len(known) - len(texts):
        texts.append(
            ngettext("and people from %(count)s more group", "and people from %(count)s more groups", more)
            % {"count": f"{more:,}"}
        )
    if hidden := len(losses) - len(known):
        texts.append(
            ngettext(
                "people from %(count)s private group that contains it",
                "people from %(count)s private groups that contain it",
                hidden,
            )
            % {"count": f"{hidden:,}"}
        )
    return texts


def answer(losses: Sequence[Loss]) -> str:
    """The words of the button."""
    if len({loss.lost for loss in losses}) > 1:
        return _("Remove these people")
    lost = losses[0].lost
    return ngettext("Remove %(count)s person", "Remove %(count)s people", lost) % {"count": f"{lost:,}"}


def _fields(posted: QueryDict, kept: dict[str, str]) -> list[tuple[str, str]]:
    """What was posted, but for what the page itself says; and what is kept instead."""
    own = {"csrfmiddlewaretoken", FIELD, BACK, *kept}
    sent = [(name, value) for name in posted if name not in own for value in posted.getlist(name)]
    return sent + list(kept.items())


def _back(request: HttpRequest) -> str:
    """Where the person comes from, as far as it is here."""
    shown = request.POST.get(BACK) or request.headers.get("Referer", "")
    return ours(request, shown) or reverse("home")

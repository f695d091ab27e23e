"""The page of a job: a progress bar, and in the end what came of it."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from accounts.jobs.engine import KINDS, back_from
from accounts.models import Job
from groupadmin.base.partials import render_partial
from groups.permissions import is_administrator_of

from .lookups import get_or_404


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever started it, and for administrators of its company; htmx asks for it again each second."""
    member = Actor.of(request).member
    assert member is not None  # noqa: S101  (who is signed in)
    own = Q(started_by=member)
    if is_administrator_of(member, member.company_id):
        own |= Q(company=member.company_id)
    found = get_or_404(Job.objects.filter(own, kind__in=KINDS), pk)
    kind = KINDS[found.kind]
    context = {
        "job": found,
        "title": kind.title,
        "is_in_steps": kind.is_in_steps,
        "back": back_from(found),
    }
    return render_partial(request, "accounts/job.html", context, target="job", partial="state")

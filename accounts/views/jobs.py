"""The page of a job: a progress bar, and in the end the result."""

from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.jobs.engine import KINDS, back_from
from accounts.models import Job
from accounts.permissions import is_administrator_of
from accounts.request import MemberRequest
from groupadmin.base.partials import render_partial

from .lookups import get_or_404


@require_safe
def job(request: MemberRequest, pk: int) -> HttpResponse:
    """For the person who started it, and administrators of its company; htmx reloads it every second."""
    member = request.user
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

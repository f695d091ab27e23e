"""A photo chosen in a dialog: re-encoded at once, shown, replaced or removed before saving (rule 2.6)."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import Actor, Refused
from accounts.models import Member
from accounts.request import MemberRequest
from groupadmin.base.errors import Invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.pictures import TYPE, NotAPicture
from groupadmin.base.serving import file_answer
from groups import permissions
from groups.actions import keep_photo_draft
from groups.models import Group, PhotoDraft
from groups.permissions import Act


@require_POST
def choose(request: MemberRequest) -> HttpResponse:
    """Keeps the chosen photo and shows it; a file that is not a picture keeps the previous choice."""
    actor, member = Actor.of(request), request.user
    group = _group(request)
    if group is None and not (verdict := permissions.may_create_groups(actor, member.company)):
        raise Refused("group.create", verdict.reason, company=member.company)
    context: dict[str, object] = {"draft": _earlier(request, member), "group": group}
    context["removes_photo"] = request.POST.get("photo_draft") == "none"
    upload = request.FILES.get("photo")
    if "remove_photo" in request.POST:
        context |= {"draft": None, "removes_photo": True}
    elif upload is not None:
        try:
            context |= {
                "draft": keep_photo_draft(member, upload, upload.size or 0),
                "removes_photo": False,
            }
        except (NotAPicture, Invalid) as problem:
            context["problems"] = [str(problem)]
    return render(request, "groups/_photo_field.html", context)


def _group(request: MemberRequest) -> Group | None:
    """The group being edited, which keeps its photo until another is saved."""
    pk = parse_id(request.POST.get("group"))
    return None if pk is None else permissions.get_group_for(Actor.of(request), pk, Act.EDIT)


def _earlier(request: MemberRequest, member: Member) -> PhotoDraft | None:
    return PhotoDraft.objects.filter(pk=parse_id(request.POST.get("photo_draft")) or 0, member=member).first()


@require_safe
def show(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A draft, only for the person who chose it."""
    draft = PhotoDraft.objects.filter(pk=pk, member=request.user.pk).first()
    if draft is None:
        raise Http404
    try:
        response = file_answer(request, draft.photo, TYPE)
    except FileNotFoundError:
        raise Http404 from None
    response["Cache-Control"] = "private, max-age=3600"
    return response

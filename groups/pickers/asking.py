"""Who may use the pickers of a group."""

from django.http import Http404

from accounts.actor import Actor, Refused
from accounts.request import MemberRequest
from groupadmin.base.ids import parse_id
from groups import permissions
from groups.models import Feature, Group
from groups.permissions import Act
from groups.room.access import enter

from .scope import GroupScope, Purpose


def scope_of(request: MemberRequest) -> GroupScope:
    """What the requester may choose from, if they could save the form that they pick for."""
    actor = Actor.of(request)
    try:
        purpose = Purpose(request.GET.get("purpose", ""))
        kind = Group.Kind(request.GET.get("kind", Group.Kind.INTERNAL))
    except ValueError:
        raise Http404 from None
    if raw := request.GET.get("group"):
        return _scope_in_group(actor, purpose, parse_id(raw))
    company = request.user.company
    if company is None or purpose in (Purpose.CONTACTS, Purpose.ASSIGNEES, Purpose.ASKED):
        raise Http404
    is_external = kind == Group.Kind.EXTERNAL
    may = permissions.may_create_external_groups if is_external else permissions.may_create_groups
    if not (verdict := may(actor, company)):
        raise Refused("pick", verdict.reason, company=company)
    return GroupScope(actor, company, kind, purpose)


def _scope_in_group(actor: Actor, purpose: Purpose, pk: int | None) -> GroupScope:
    if pk is None:
        raise Http404
    if purpose is Purpose.ASSIGNEES:
        group = enter(actor, pk, Feature.TASK).group
    else:
        group = permissions.get_group_for(actor, pk, Act.EDIT)
        if purpose is Purpose.CONTACTS and not group.is_external:
            raise Http404
    return GroupScope.of(group, purpose, actor)

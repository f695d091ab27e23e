"""The only place that answers: may this person do this to this group? (rules 7, 11.1)

Who administers a company, and what one person sees of another, is answered by accounts/permissions.py.
"""

from enum import StrEnum

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts import connecting
from accounts.actor import Actor, NotVisible, Refused
from accounts.models import Company, Contact, ContactRequest, Member
from accounts.permissions import YES, Verdict, is_administrator_of, is_colleague, may_administer

from .membership import designated, effective
from .models import Designation, Group, GroupQuerySet, Master
from .models.switches import SetBy


class Act(StrEnum):
    """Actions on a group. The values name them in the audit."""

    SEE = "group.see"
    EDIT = "group.edit"
    SWITCH_FEATURES = "group.switch_features"
    SET_LIST_RULES = "group.set_list_rules"
    SET_GRANT = "group.set_grant"
    DELETE_DATA = "group.delete_data"
    DELETE = "group.delete"
    RESTORE = "group.restore"
    USE_ROOM = "group.use_room"


ACTS_TO_SET = {
    SetBy.MASTERS: Act.EDIT,
    SetBy.MASTERS_WITH_GRANT: Act.SWITCH_FEATURES,
    SetBy.ADMINISTRATORS_ONLY: Act.SET_GRANT,
}
"""What one must be allowed in order to set a switch."""


class DeletedGroup(Http404):
    """A group that is deleted, for those who may know of it (rule 2.17)."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self.group = group


def is_master_of(member: Member, group: Group) -> bool:
    return Master.objects.filter(group=group, member=member).exists()


def visible_groups(member: Member) -> GroupQuerySet:
    """The live groups that the member may know of (rules 5.3, 5.4): the start of every query for a page."""
    live = Group.objects.live()
    if member.company_id is None:
        return live if member.is_staff else live.none()
    own = live.filter(company=member.company_id)
    if member.is_administrator:
        # Of other companies' external groups, administrators see those they are in.
        return live.filter(Q(company=member.company_id) | Q(pk__in=effective.group_ids_of(member)))
    mine = Q(pk__in=effective.group_ids_of(member))
    return (own | live.filter(kind=Group.Kind.EXTERNAL)).filter(Q(is_visible=True) | mine)


def may_see(member: Member, group: Group) -> bool:
    """Whether the member may know of this group; a deleted one only its administrators know (rule 2.17)."""
    if group.deleted_at is not None:
        return is_administrator_of(member, group.company_id) or member.is_staff
    return visible_groups(member).filter(pk=group.pk).exists()


def may(actor: Actor, act: Act, group: Group) -> Verdict:
    """Whether the actor may do this to the group, by the table of rule 7."""
    if act is Act.USE_ROOM:
        return _may_use_room(actor, group)
    if actor.rules_everything:
        return YES
    member = actor.reader
    assert member is not None  # noqa: S101  (rules_everything covers the system)
    if act is Act.SEE:
        return YES if may_see(member, group) else Verdict(False, _("You do not have access to this group."))
    if is_administrator_of(member, group.company_id):
        return YES
    if act is Act.RESTORE:
        return Verdict(False, _("Only administrators can do this."))
    if act is Act.SET_GRANT:
        return Verdict(False, _("Only administrators can change this."))
    if not is_master_of(member, group):
        return Verdict(False, _("Only the group's masters and administrators can do this."))
    return _may_as_master(member, act, group)


def _may_as_master(member: Member, act: Act, group: Group) -> Verdict:
    """No features without the grant (rule 5.2), and no deletion in another company's group (rule 7)."""
    if act in (Act.SWITCH_FEATURES, Act.SET_LIST_RULES) and not group.grants_features:
        return Verdict(False, _("Only administrators can switch the features of this group."))
    if act in (Act.DELETE, Act.DELETE_DATA) and member.company_id != group.company_id:
        return Verdict(False, _("Only people from the company that owns this group can do this."))
    return YES


def _may_use_room(actor: Actor, group: Group) -> Verdict:
    """Effective members only; masters and administrators as such do not read rooms (rules 2.12, 3.6)."""
    if actor.member is not None and effective.is_in(actor.member, group):
        return YES
    return Verdict(False, _("Only members of the group can enter its message room."))


def may_send_as(actor: Actor, group: Group) -> Verdict:
    """Whether the actor may write mail with the list's address as sender (rule 4.6)."""
    mailing_list = group.mailing_list
    if mailing_list is None or not group.uses_mailing_list or group.deleted_at is not None:
        return Verdict(False, _("This group has no mailing list, or it is off."))
    member = actor.member
    is_own = member is not None and member.company_id == group.company_id
    if is_own and member and Designation.Purpose.SEND_AS in designated.purposes_of(member, mailing_list):
        return YES
    return Verdict(
        False,
        _(
            "Only members designated to send as the list can write here. Ask a master of the "
            "group to designate you."
        ),
    )


def check(actor: Actor, act: Act, group: Group) -> None:
    """Raises Refused if the actor may not do this."""
    if not (verdict := may(actor, act, group)):
        raise Refused(act.value, verdict.reason, target=group)


def get_group_for(actor: Actor, pk: int, act: Act, *, lock: bool = False) -> Group:
    """The group, if the actor may do this.

    Raises Http404 where the actor may not know that it exists, else Refused.
    """
    group = get_group_seen(actor, pk, act, lock=lock)
    check(actor, act, group)
    return group


def get_group_seen(actor: Actor, pk: int, act: Act, *, lock: bool = False) -> Group:
    """The same without asking whether the actor may do it, for who has another answer first."""
    groups = Group.objects.select_related("company", "mailing_list__address__domain")
    if lock:
        groups = groups.select_for_update(of=("self",))
    group = groups.filter(pk=pk).first()
    if group is None:
        raise Http404
    if not may(actor, Act.SEE, group):
        raise NotVisible(act.value, group)
    if group.deleted_at is not None and act is not Act.RESTORE:
        raise DeletedGroup(group)
    return group


def get_person_for(viewer: Member, pk: int) -> Member:
    """The person, if the viewer may know of them: a colleague, somebody in a group the viewer sees, a
    contact, or somebody who asked to be one.

    Raises Http404 otherwise (rules 1.1, 6.1, 6.4).
    """
    people = Member.objects.filter(company__isnull=False).select_related("company")
    person = people.filter(pk=pk).first()
    if person is None:
        raise Http404
    if is_colleague(viewer, person):
        return person
    if person.is_active and effective.groups_shown(person, visible_groups(viewer)).exists():
        return person
    if _knows_as_contact(viewer, person):
        return person
    raise NotVisible("member.see", person)


def _knows_as_contact(viewer: Member, person: Member) -> bool:
    """Whether they are contacts, or the person has asked to be one, and both may connect now (rule 6.1)."""
    is_contact = Contact.objects.filter(owner=viewer, person=person).exists()
    if not is_contact and not ContactRequest.objects.filter(asker=person, person=viewer).exists():
        return False
    return connecting.may_meet(viewer, person)


def may_create_groups(actor: Actor, company: Company | None) -> Verdict:
    """Whether the actor may add groups to the company (rule 1.5)."""
    if company is None:
        return Verdict(False, _("You are not a member of any company."))
    if actor.rules_everything:
        return YES
    member = actor.reader
    assert member is not None  # noqa: S101
    if is_administrator_of(member, company.pk):
        return YES
    if member.company_id == company.pk and company.group_creators == Company.Creators.EVERYBODY:
        return YES
    return Verdict(False, _("Only administrators of your company can create groups."))


def may_create_external_groups(actor: Actor, company: Company | None) -> Verdict:
    """Whether the actor may add external groups (rule 2.3)."""
    if not (verdict := may_create_groups(actor, company)):
        return verdict
    if company is None or not company.has_core:
        return Verdict(False, _("External groups need Core. Your company has not applied for it."))
    # A member becomes master of the group, so must meet what every master must (rules 1.5, 2.7).
    if not may_administer(actor, company) and actor.member and not actor.member.can_connect:
        return Verdict(False, _("You need permission to connect with other companies. Ask an administrator."))
    return YES

"""Who gets a list's mail besides its group's people: opt-outs, contacts that leave, failing addresses."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Refused
from accounts.models import Company, Member
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.mail.outgoing.failing import failing_of_company
from groups.membership import effective
from groups.models import ExternalContact, FailingAddress, Group, MailingList, OptOut
from groups.permissions import Act

from .mailing_list import contact_text
from .settings import CONTACTS_LIMIT, Contact, GroupSettings
from .update import update_group

NO_LIST = gettext_lazy("This group has no mailing list.")


@audit.action
def stop_mail(group: Group, *, actor: Actor) -> None:
    """Stops the list's mail to the acting member (rule 4.3). Raises Refused.

    Takes no lock: nothing else depends on it, and a whole company may do it at once.
    """
    group = permissions.get_group_for(actor, group.pk, Act.SEE)
    member, mailing_list = _own_list(group, actor, "group.stop_mail")
    if not effective.is_in(member, group):
        raise Refused(
            "group.stop_mail",
            gettext_lazy("You are not in this group, so you get no email from its list."),
            target=group,
        )
    _row, is_new = OptOut.objects.get_or_create(mailing_list=mailing_list, member=member)
    if is_new:
        audit.record(actor, "group.stop_mail", group)


@audit.action
def get_mail(group: Group, *, actor: Actor) -> None:
    """Resumes the list's mail to the acting member. Raises Refused."""
    group = permissions.get_group_for(actor, group.pk, Act.SEE)
    member, mailing_list = _own_list(group, actor, "group.get_mail")
    gone, _each = OptOut.objects.filter(mailing_list=mailing_list, member=member).delete()
    if gone:
        audit.record(actor, "group.get_mail", group)


def _own_list(group: Group, actor: Actor, action: str) -> tuple[Member, MailingList]:
    if actor.member is None or group.mailing_list is None or not group.uses_mailing_list:
        raise Refused(action, NO_LIST, target=group)
    return actor.member, group.mailing_list


@audit.action
def take_off_contact(mailing_list_id: int, email: str, *, actor: Actor) -> bool:
    """Removes an external contact at their own request. Returns whether they were on the list."""
    group = Group.objects.filter(mailing_list=mailing_list_id).first()
    if group is None:
        return False
    lock_company(group.company_id)
    group = Group.objects.select_for_update().get(pk=group.pk)
    contact = ExternalContact.objects.filter(mailing_list=mailing_list_id, email=email).first()
    if contact is None:
        return False
    contact.delete()
    # Anyone with the group's dialog open gets a conflict instead of adding the contact back (rule 2.18).
    group.version += 1
    group.save(update_fields=["version"])
    audit.record(actor, "group.contact_left", group, {"contacts": [[contact_text(contact)], []]})
    return True


@audit.action
def leave_by_link(mailing_list_id: int, email: str, *, actor: Actor) -> bool:
    """Ends the list's mail to an address, as who reads its mail asks without signing in (rules 4.8, 4.15).

    An external contact is removed, a member gets an opt-out, and whoever is both, both. Returns whether there
    was anything to do. Like stop_mail it takes no lock for members.
    """
    has_left = take_off_contact(mailing_list_id, email, actor=actor)
    mailing_list = MailingList.objects.select_related("group").filter(pk=mailing_list_id).first()
    if mailing_list is None or (member := subscribed_member(mailing_list, email)) is None:
        return has_left
    _row, is_new = OptOut.objects.get_or_create(mailing_list=mailing_list, member=member)
    if is_new:
        audit.record(actor, "group.stop_mail", mailing_list.group, {"unsubscribed": [None, member.email]})
    return is_new or has_left


def subscribed_member(mailing_list: MailingList, email: str) -> Member | None:
    """Whose address it is, if that member is in the list's group and has not stopped its mail."""
    group = mailing_list.group
    if not group.uses_mailing_list or group.deleted_at is not None:
        return None
    member = Member.objects.active().filter(company=group.company_id, addresses__email=email).first()
    if member is None or mailing_list.opt_outs.filter(member=member).exists():
        return None
    return member if effective.is_in(member, group) else None


@audit.action
def add_contacts(group: Group, contacts: frozenset[Contact], *, actor: Actor) -> int:
    """Adds external contacts to a group's list, without changing existing ones (rule 4.8).

    Returns how many were new. Raises Refused or Invalid.
    """
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.SET_LIST_RULES, lock=True)
    now = GroupSettings.of(group, with_people=False)
    if now.mailing_list is None:
        raise Invalid("contacts", str(NO_LIST))
    present = {contact.email for contact in now.mailing_list.contacts}
    new = {contact for contact in contacts if contact.email not in present}
    if len(present) + len(new) > CONTACTS_LIMIT:
        raise Invalid("contacts", _("Use at most %(limit)d contacts.") % {"limit": CONTACTS_LIMIT})
    settings = replace(now, mailing_list=replace(now.mailing_list, contacts=now.mailing_list.contacts | new))
    update_group(group, settings, group.version, actor=actor)
    return len(new)


@audit.action
def let_in_again(failing: FailingAddress, company: Company, *, actor: Actor) -> None:
    """Resumes mail to the address and forgets past failures. Raises Refused."""
    check_administers(actor, company, "mail.let_in_again")
    own = failing_of_company(company).filter(pk=failing.pk)
    found = FailingAddress.objects.select_for_update().filter(pk__in=own.values("pk")).first()
    if found is None:
        return
    found.delete()
    audit.record(actor, "mail.let_in_again", None, {"failing": [found.address, None]}, company=company)


@audit.action
def resume_own(*, actor: Actor) -> bool:
    """Resumes the mail of lists to the acting member, and forgets past failures (rule 4.10).

    Returns whether there was anything to resume. If the address is dead after all, the next probe says so.
    """
    member = actor.member
    if member is None:
        raise Refused("mail.resume_own", gettext_lazy("Sign in first."))
    found = FailingAddress.objects.paused().select_for_update().filter(address=member.email).first()
    if found is None:
        return False
    found.delete()
    audit.record(actor, "mail.resume_own", member, {"failing": [found.address, None]})
    return True

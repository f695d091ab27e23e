from django.utils import timezone

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.mail.audit import labels
from groups.mail.incoming import acceptance, policy, reading
from groups.mail.incoming.lookup import look_up
from groups.mail.outgoing.compose import NewMail, compose, message_id
from groups.models import Group, Mail, MailingList
from groups.permissions import Act


@audit.action
def send_as_list(group: Group, mail: NewMail, *, actor: Actor) -> Mail:
    """Sends a mail with the list's address as sender (rule 4.6). Raises Refused or Invalid.

    A form posted twice sends one mail: its key is in the message id. Locks the list's row, not the company:
    other changes need not wait while thousands of recipients are found.
    """
    group = permissions.get_group_for(actor, group.pk, Act.SEE)
    if not (verdict := permissions.may_send_as(actor, group)):
        raise Refused("group.send_as", verdict.reason, target=group)
    assert group.mailing_list is not None  # noqa: S101  (may_send_as has looked)
    assert actor.member is not None  # noqa: S101
    address = str(MailingList.objects.select_for_update(of=("self",)).get(pk=group.mailing_list.pk))
    sent = Mail.objects.filter(
        mailing_list=group.mailing_list, message_id=message_id(mail.form_key, address), is_as_list=True
    ).first()
    if sent is not None:
        return sent
    arrival = reading.read(
        compose(mail, name=group.name, address=address, at=timezone.now()),
        door=Mail.Door.WEB,
        envelope_sender=address,
        recipients=mail.recipients,
        ip=actor.ip,
        signed_in_id=actor.member.pk,
    )
    mailing_list, context = look_up(arrival, address)
    decision = policy.decide(arrival, context)
    if not decision.accepted or mailing_list is None:
        raise Invalid(None, labels.rule(decision.rule, accepted=False))
    accepted = acceptance.accept(arrival, mailing_list, decision)
    told: audit.Changes = {"subject": [None, mail.subject], "recipients": [None, accepted.recipients]}
    audit.record(actor, "group.send_as", group, told)
    return accepted.mail


@audit.action
def export_mail(company: Company, filters: dict[str, str], *, actor: Actor) -> AuditEntry:
    """Audits a download of Audit › Mail, and which part of it (rule 8.1). Raises Refused."""
    check_administers(actor, company, "audit.export_mail")
    actor.check_confirmed()  # rule 9.4
    told = [f"{name}: {value}" for name, value in filters.items()]
    changes: audit.Changes = {"filters": [None, "; ".join(told)]}
    return audit.record(actor, "audit.export_mail", company, changes, company=company)

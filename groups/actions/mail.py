from django.utils import timezone

from accounts import audit
from accounts.actor import Actor, Refused
from groupadmin.base.errors import Invalid
from groups import permissions
from groups.mail.audit import labels
from groups.mail.incoming import acceptance, policy, receive
from groups.mail.incoming.lookup import facts_of
from groups.mail.outgoing.compose import NewMail, compose, message_id
from groups.models import Group, Mail, MailingList
from groups.permissions import Act


@audit.action
def send_as_list(group: Group, mail: NewMail, *, actor: Actor) -> Mail:
    """Sends a mail with the list's address as sender (spec 4.6). Raises Refused or Invalid.

    A form posted twice sends one mail: its key is in the message id. Locks the list's row, not the company,
    whose other changes need not wait until thousands of recipients are found.
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
    arrival = receive.read(
        compose(mail, name=group.name, address=address, at=timezone.now()),
        door=Mail.Door.WEB,
        envelope_sender=address,
        recipients=mail.recipients,
        ip=actor.ip,
        signed_in_id=actor.member.pk,
    )
    mailing_list, facts = facts_of(arrival, address)
    decision = policy.decide(arrival, facts)
    if not decision.accepted or mailing_list is None:
        raise Invalid(None, labels.rule(decision.rule, accepted=False))
    kept = acceptance.accept(arrival, mailing_list, decision)
    told: audit.Changes = {"subject": [None, mail.subject], "recipients": [None, kept.recipients]}
    audit.record(actor, "group.send_as", group, told)
    return kept.mail

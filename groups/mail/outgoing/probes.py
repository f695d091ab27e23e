"""Asks an address that keeps failing once more, with a mail to it alone (rule 4.10).

The recipients of a list's mail share the envelope that its bounces come back to, so one of them could forge
bounces about another. A probe has an envelope of its own: only the mailbox that it is sent to learns the
address for its bounces, which counts once and for a few days.
"""

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Member
from groupadmin.base import clock
from groupadmin.base.mail_headers import encoded, phrase
from groupadmin.base.text import balanced
from groups.models import Envelope, FailingAddress, Mail, MailContent

from .headers import Headers, on_top
from .pausing import pause

# The rule that Audit › Mail shows for a probe.
PROBE_RULE = "probe"
EVERY_DAYS = 14
# Longer than mail servers try to deliver, which is five days.
ANSWERED_WITHIN = timedelta(days=7)


def may_probe(failing: FailingAddress) -> bool:
    """Whether the last probe of the address is long enough ago: nobody is flooded by forged bounces."""
    longest_ago = clock.read() - timedelta(days=EVERY_DAYS)
    return failing.paused_at is None and (failing.probed_at is None or failing.probed_at <= longest_ago)


def is_asked(failing: FailingAddress) -> bool:
    """Whether a probe of the address is on its way, or may still come back."""
    if failing.probe_id is None or failing.probed_at is None or failing.paused_at is not None:
        return False
    return failing.probed_at > clock.read() - ANSWERED_WITHIN


def send(failing: FailingAddress, about: Mail) -> None:
    """Sends a probe, from the domain of the list whose mail failed last, and counts the failures anew.

    The caller holds the row's lock.
    """
    mail = Mail(
        company_id=about.company_id,
        mailing_list_id=about.mailing_list_id,
        group_id=about.group_id,
        list_name=about.list_name,
        list_address=about.list_address,
        door=Mail.Door.SYSTEM,
        rule=PROBE_RULE,
        is_vouched=True,
        recipient_count=1,
    )
    # An address that nobody else can have (rule 1.10); never the list's, which everybody reads.
    domain = about.list_address.rpartition("@")[2]
    sender, mail.message_id = f"noreply@{domain}", make_msgid(domain=domain)
    mail.sender = f"{about.list_name} <{sender}>"
    mail.subject, text = _written(failing.address, about)
    raw = _message(mail, text, sender=sender, to=failing.address)
    mail.size, mail.content = len(raw), MailContent.objects.create(data=raw)
    mail.save(force_insert=True)
    now = clock.read()
    failing.probe = Envelope.objects.create(mail=mail, recipients=[failing.address], due_at=now)
    failing.probed_at, failing.failures = now, 0
    failing.save(update_fields=["probe", "probed_at", "failures"])


def failed(envelope_id: int, error: str) -> None:
    """The probe came back, or was refused: pauses its address, once, if it was sent lately."""
    lately = clock.read() - ANSWERED_WITHIN
    asked = FailingAddress.objects.filter(probe=envelope_id, probed_at__gt=lately, paused_at=None)
    failing = asked.select_for_update().first()
    if failing is not None:
        pause(failing, error, actor=Actor.system())


def _written(address: str, about: Mail) -> tuple[str, str]:
    """The subject and the text, in the language of the member whose address it is."""
    member = Member.objects.filter(email=address).only("language").first()
    with translation.override((member.language if member else "") or settings.LANGUAGE_CODE):
        context = {"address": address, "list": about.list_address, "days": EVERY_DAYS}
        return _("Do emails to you arrive?"), render_to_string("groups/email/probe.txt", context)


def _message(mail: Mail, text: str, *, sender: str, to: str) -> bytes:
    headers: Headers = [
        ("From", f"{phrase(balanced(mail.list_name))} <{sender}>"),
        # Python's own headers know no local part in another script than ASCII's.
        ("To", f"<{to}>"),
        ("Subject", encoded(mail.subject)),
        ("Date", format_datetime(timezone.now())),
        ("Message-ID", mail.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
    ]
    message = EmailMessage(SMTP)
    message.set_content(text)
    return on_top(headers) + message.as_bytes()

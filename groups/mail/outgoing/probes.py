"""Asks an address that keeps failing once more, with a mail to it alone (rule 4.10).

The recipients of a list's mail share the envelope that its bounces come back to, so one of them could forge
bounces about another. A probe has an envelope of its own: only the mailbox that it is sent to learns the
address for its bounces, which counts once and for a few days.
"""

from datetime import timedelta
from email.headerregistry import Address
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
from groupadmin.base.text import balanced, clean_line
from groups.models import Envelope, FailingAddress, Mail, MailContent

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
        recipient_count=1,
    )
    message = _message(failing.address, about)
    raw = message.as_bytes()
    mail.sender, mail.subject = str(message["From"]), str(message["Subject"])
    mail.message_id, mail.size = str(message["Message-ID"]), len(raw)
    mail.content = MailContent.objects.create(data=raw)
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


def _message(address: str, about: Mail) -> EmailMessage:
    """The mail, in the language of the member whose address it is."""
    domain = about.list_address.rpartition("@")[2]
    member = Member.objects.filter(email=address).only("language").first()
    message = EmailMessage(SMTP)
    with translation.override((member.language if member else "") or settings.LANGUAGE_CODE):
        # An address that nobody else can have (rule 1.10); never the list's, which everybody reads.
        message["From"] = Address(balanced(clean_line(about.list_name)), "noreply", domain)
        message["To"] = Address(addr_spec=address)
        message["Subject"] = _("Do emails to you arrive?")
        context = {"address": address, "list": about.list_address, "days": EVERY_DAYS}
        message.set_content(render_to_string("groups/email/probe.txt", context))
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message

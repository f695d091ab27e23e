"""Sends notifications by mail (rule 5.1): one mail per person with all that is waiting.

No lock is held while a mail is sent: a person's notifications are claimed for a while, sent, and
marked. A worker killed between the last two leaves one person's claim behind, and that mail is sent
again when the claim ends, with the same Message-ID. Two workers never send anyone the same mail.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, Q, When
from django.db.models.functions import Least
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from accounts.models import Address, Member
from accounts.zones import zone_of
from groupadmin.base import clock, outage
from groupadmin.base.mail_headers import WrittenMail
from groupadmin.base.mail_server import RecipientRefused, Server, ServerDown
from groups.models import Notification, NotificationQuerySet

from . import texts

logger = logging.getLogger("groupadmin.mail")

PEOPLE_A_RUN = 500
PEOPLE_AT_ONCE = 100
TOLD_IN_A_MAIL = 50
CLAIMED_AT_MOST = 5_000
# Longer than the slowest mail server takes to time out.
CLAIMED_FOR = timedelta(minutes=10)
# The delay after each failed attempt; the last one repeats.
DELAYS = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 32, 60)]
REFUSALS_AT_MOST = 5
ATTEMPTS_COUNTED = 10_000


@dataclass
class Sent:
    """What came of a run."""

    mails: int = 0
    failures: int = 0
    is_server_down: bool = False
    is_more_due: bool = False


def send_due() -> Sent:
    """Sends what is due, person by person, up to a limit, so that other jobs get their turn."""
    sent = Sent()
    with Server() as server:
        try:
            while (people := _people_due()) and sent.mails + sent.failures < PEOPLE_A_RUN:
                for member_id in people:
                    _send_to(member_id, server, sent)
        except ServerDown:
            sent.is_server_down = True
            _push_back(Notification.objects.filter(mail_at__lte=clock.now()))
    sent.is_more_due = is_due()
    return sent


def is_due() -> bool:
    """Whether any mail can be sent now."""
    return Notification.objects.filter(mail_at__lte=clock.now()).exists()


def _people_due() -> list[int]:
    due = Notification.objects.filter(mail_at__lte=clock.now()).order_by("mail_at", "member")
    return list(dict.fromkeys(due.values_list("member_id", flat=True)[:PEOPLE_AT_ONCE]))


def _send_to(member_id: int, server: Server, sent: Sent) -> None:
    claimed = _claim(member_id)
    if not claimed:
        return
    mine = Notification.objects.filter(pk__in=claimed)
    try:
        if (mail := _mail_to(member_id, claimed)) is not None:
            server.send(mail)
    except ServerDown:
        _push_back(mine)
        raise
    except Exception as problem:
        # An error in one person's mail must not stop everybody else's.
        if outage.is_away(problem):
            raise
        sent.failures += 1
        _fail(member_id, mine, problem)
        return
    mine.update(mail_at=None, mailed_at=clock.now() if mail else None)
    sent.mails += mail is not None


@transaction.atomic
def _claim(member_id: int) -> list[int]:
    """The ids of all that awaits the person's mail, if some is due and no other worker is sending it.

    While `mailed_at` is set and `mail_at` is ahead, a mail is on its way.
    """
    now = clock.read()
    waiting = Notification.objects.filter(Q(mailed_at=None) | Q(mail_at__lte=now), member=member_id)
    locking = (
        waiting.to_mail()
        .order_by("pk")
        .select_for_update(skip_locked=database.features.has_select_for_update_skip_locked)
    )
    found = dict(locking.values_list("pk", "mail_at")[:CLAIMED_AT_MOST])
    if not any(at is not None and at <= now for at in found.values()):
        return []
    Notification.objects.filter(pk__in=found).update(mail_at=now + CLAIMED_FOR, mailed_at=now)
    return list(found)


def _fail(member_id: int, mine: NotificationQuerySet, problem: Exception) -> None:
    """Tries again later; gives up after enough attempts."""
    is_final = not isinstance(problem, RecipientRefused) or problem.for_good
    if not isinstance(problem, RecipientRefused):
        logger.error("The notifications of member %s could not be mailed", member_id, exc_info=problem)
    if is_final:
        given_up = mine.filter(attempts__gte=REFUSALS_AT_MOST - 1)
        if given_up.update(mail_at=None, mailed_at=None, attempts=F("attempts") + 1):
            logger.warning("Gave up mailing notifications to member %s: %s", member_id, problem)
    _push_back(mine.to_mail())


def _push_back(notifications: NotificationQuerySet) -> None:
    """Delays them longer with each attempt, all in one statement."""
    now = clock.now()
    steps = [When(attempts=n, then=now + delay) for n, delay in enumerate(DELAYS)]
    counted = Least(F("attempts") + 1, ATTEMPTS_COUNTED, output_field=PositiveSmallIntegerField())
    notifications.update(mail_at=Case(*steps, default=now + DELAYS[-1]), mailed_at=None, attempts=counted)


def _mail_to(member_id: int, claimed: Collection[int]) -> WrittenMail | None:
    """The mail with all of these, in the reader's language and time; None for nobody who would read it.

    Neither for a person who has left, nor to a domain that is another company's now (rule 1.9).
    """
    member = Member.objects.active().select_related("company").filter(pk=member_id).first()
    if member is None or Address.objects.lost().filter(email=member.email).exists():
        return None
    with translation.override(member.language or settings.LANGUAGE_CODE), timezone.override(zone_of(member)):
        return _mail(member, claimed)


def _mail(member: Member, claimed: Collection[int]) -> WrittenMail:
    waiting = Notification.objects.filter(pk__in=claimed).select_related("notice__by").order_by("pk")
    told = texts.describe(waiting[:TOLD_IN_A_MAIL], member, settings.SITE_URL)
    context = {
        "member": member,
        "told": told,
        "more": len(claimed) - len(told),
        "site": settings.SITE_URL,
        "subject": texts.summary(told, len(claimed)),
    }
    mail = WrittenMail(
        subject=context["subject"],
        body=render_to_string("groups/email/notices.txt", context),
        to=[member.email],
        headers={
            "Message-ID": _message_id(claimed),
            # No out-of-office replies: RFC 3834, Exchange's own header, and the older one.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Precedence": "bulk",
        },
    )
    mail.attach_alternative(render_to_string("groups/email/notices.html", context), "text/html")
    return mail


def _message_id(claimed: Collection[int]) -> str:
    """The same for the same content, so that mailboxes drop what a killed worker already sent."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    names = ",".join(str(pk) for pk in sorted(claimed))
    return f"<{salted_hmac('groups.notice_mails', names, algorithm='sha256').hexdigest()[:40]}@{host}>"

"""Mail that accounts sends in the background, through its queue. All links begin with SITE_URL (rule 9.7)."""

import logging
from datetime import datetime, timedelta
from typing import Any

from allauth.account import app_settings as allauth_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db.models import TextChoices
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy, ngettext
from django_tasks import task

from groupadmin.base import zones
from groupadmin.base.mail_headers import WrittenMail
from groupadmin.base.queue import enqueue_once
from groupadmin.base.text import clean_line, isolated

from . import mail_queue
from .factors import Factor
from .models import Address, Domain, Member, QueuedMail, Webhook
from .models.address import as_stored
from .provider_reach import binding_of
from .zones import zone_of

logger = logging.getLogger(__name__)


def _is_somebody_elses(member: Member) -> bool:
    """Whether others would read the mail, and get into the member's account.

    The address may have gone to a list before that was refused (rule 1.10), or the domain to another company
    (rule 1.9).
    """
    address = Address.objects.select_related("domain").filter(email=as_stored(member.email)).first()
    if address is None:
        return False
    is_lost = address.domain is not None and address.domain.state == Domain.State.LOST
    return is_lost or address.member_id != member.pk


@task()
def mail_sign_in_link(member_id: int, mail: str = "sign_in") -> None:
    """Mails a person the link to set a password, in their language: "sign_in" or "reset"."""
    member = Member.objects.active().select_related("company").filter(pk=member_id).first()
    if member is not None:
        queue_mail(member, mail, kept=_link_kept())


@task()
def mail_reset_link(email: str) -> None:
    """Mails the link to choose a new password, if somebody active has this address.

    Whether somebody has is looked up here, where a stranger who asked cannot measure it (rule 9.7).
    """
    member = Member.objects.active().select_related("company").filter(email=email).first()
    if member is not None:
        queue_mail(member, "reset", kept=_link_kept())


def queue_mail(
    member: Member,
    kind: str,
    arguments: dict[str, Any] | None = None,
    *,
    to: str = "",
    kept: timedelta | None = None,
) -> None:
    """Queues a mail of a kind of `WRITERS` for a person, and wakes the worker to send it.

    It is tried for as long as what it says holds, else as long as mail to lists.
    """
    kept = kept or timedelta(days=settings.MAIL_GIVE_UP_DAYS)
    mail_queue.add(member, kind, arguments, to=to or member.email, kept=kept)
    enqueue_once(send_queued_mails)


def _link_kept() -> timedelta:
    """As long as the link would let somebody in, had the mail been sent at once."""
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


@task()
def send_queued_mails() -> int:
    """Sends what waits. Returns how many mails."""
    return mail_queue.send_due(_write)


def queue_mails() -> None:
    """For the timer: sends what was put off, and what nobody was woken for."""
    if mail_queue.due().exists():
        enqueue_once(send_queued_mails)


def _write(mail: QueuedMail) -> WrittenMail | None:
    return WRITERS[mail.kind](mail)


def _link(mail: QueuedMail) -> WrittenMail | None:
    """For somebody who may still sign in. Its key is made only now, so that it is stored in no queue."""
    member = mail.member
    if not member.is_active:
        return None
    if _is_somebody_elses(member):
        logger.error("No link to set a password goes to %s: somebody else has the address", member.email)
        return None
    if providers := binding_of(member):
        # A password would let them in nowhere (rule 9.6).
        link = settings.SITE_URL + reverse("sso_start", args=[providers[0].key])
        message = _mail(mail, {"link": link, "provider": providers[0]})
        message.to = [member.email]
        return message
    key = allauth_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(member)
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(member), key])
    context = {"link": settings.SITE_URL + path, "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)}
    message = _mail(mail, context)
    # Never to an address that is no longer theirs.
    message.to = [member.email]
    return message


class WayIn(TextChoices):
    """What changed somebody's way in, with the sentence for their mail (rule 9.1)."""

    PASSWORD_CHANGED = "password_changed", gettext_lazy("Your password was changed.")
    PASSWORD_RESET = "password_reset", gettext_lazy("You have a new password, chosen by a link in an email.")
    PASSWORD_SET = "password_set", gettext_lazy("A superuser of the installation set a new password for you.")
    ADDRESS = "address", gettext_lazy("You now sign in with another email address: %(email)s")
    NEW_DEVICE = "new_device", gettext_lazy("You signed in on a new device.")
    WRONG_CODES = (
        "wrong_codes",
        gettext_lazy("Someone entered your password, and then several wrong codes of your second factor."),
    )
    TOKEN = "token", gettext_lazy("An access token was made for your account. Programs can sign in with it.")
    SIGNED_OUT = "signed_out", gettext_lazy("An administrator signed you out on all devices.")


def tell_way_in(
    member: Member, kind: WayIn, *, ip: str | None = None, device: str = "", to: str = ""
) -> None:
    """Tells a person by mail what changed their way in: at their address, or at the one they had."""
    told = {"kind": kind.value, "at": timezone.now().isoformat(), "ip": ip or "", "device": device}
    queue_mail(member, "way_in", told, to=to)


def _way_in(mail: QueuedMail) -> WrittenMail:
    """The mail of tell_way_in, also for those who can no longer sign in."""
    with translation.override(mail.member.language or settings.LANGUAGE_CODE):
        what = str(WayIn(mail.arguments["kind"]).label) % {"email": mail.member.email}
    return _news(mail, what)


FACTOR_NEWS = {
    ("factor.add", Factor.APP): gettext_lazy("An authenticator app was added to your account."),
    ("factor.add", Factor.PASSKEY): gettext_lazy("The passkey “%(name)s” was added to your account."),
    ("factor.rename", Factor.PASSKEY): gettext_lazy("One of your passkeys is now called “%(name)s”."),
    ("factor.remove", Factor.APP): gettext_lazy("The authenticator app was removed from your account."),
    ("factor.remove", Factor.PASSKEY): gettext_lazy("The passkey “%(name)s” was removed from your account."),
    ("factor.new_codes", Factor.CODES): gettext_lazy(
        "New recovery codes were made for your account. The previous ones no longer work."
    ),
    ("factor.reset", ""): gettext_lazy(
        "An administrator removed all second factors from your account, and signed you out on all devices. "
        "Sign in with your password, then set up new ones."
    ),
}


def tell_factor(
    member: Member, action: str, factor: str, *, name: str, left: int, ip: str | None, device: str
) -> None:
    """Tells a person by mail that a second factor of theirs has changed, or that a code was used."""
    told = {"action": action, "factor": factor, "name": name, "left": left}
    told |= {"at": timezone.now().isoformat(), "ip": ip or "", "device": device}
    queue_mail(member, "factor", told)


def tell_export(member: Member, by: str, *, has_rooms: bool) -> None:
    """Tells an administrator by mail that somebody takes everything out of the company (rule 10.7).

    `by` is the name of the person or program; empty for the system.
    """
    told = {"by": by, "has_rooms": has_rooms, "at": timezone.now().isoformat()}
    queue_mail(member, "export", told)


def _export(mail: QueuedMail) -> WrittenMail:
    told, member = mail.arguments, mail.member
    context = {"by": told["by"], "has_rooms": told["has_rooms"], "at": parse_datetime(told["at"])}
    return _mail(mail, context | {"zone": zones.shown(zone_of(member).key)})


def tell_token_ends(member: Member, name: str, ends_at: datetime, *, of_company: bool) -> None:
    """Tells a person by mail that a token of theirs, or of their company, ends soon (rule 11.4)."""
    told = {"name": name, "ends_at": ends_at.isoformat(), "of_company": of_company}
    queue_mail(member, "token_ends", told)


def _token_ends(mail: QueuedMail) -> WrittenMail:
    told = mail.arguments
    page = "accounts:company_tokens" if told["of_company"] else "accounts:own_tokens"
    context = {
        "name": told["name"],
        "day": parse_datetime(told["ends_at"]),
        "link": settings.SITE_URL + reverse(page),
    }
    return _mail(mail, context)


def tell_webhook_paused(member: Member, webhook: Webhook) -> None:
    """Tells an administrator by mail that a webhook of the company is paused (rule 11.5)."""
    told = {"webhook": webhook.pk, "because": webhook.paused_because, "host": webhook.host}
    queue_mail(member, "webhook_paused", told)


def _webhook_paused(mail: QueuedMail) -> WrittenMail:
    told = mail.arguments
    with translation.override(mail.member.language or settings.LANGUAGE_CODE):
        because = str(Webhook.Paused(told["because"]).label)
    link = settings.SITE_URL + reverse("accounts:webhook", args=[told["webhook"]])
    return _mail(mail, {"host": told["host"], "because": because, "link": link})


def _factor(mail: QueuedMail) -> WrittenMail:
    told = mail.arguments
    with translation.override(mail.member.language or settings.LANGUAGE_CODE):
        if told["action"] == "factor.use_code":
            what = ngettext(
                "A recovery code was used for your account. You have %(left)d left.",
                "A recovery code was used for your account. You have %(left)d left.",
                told["left"],
            ) % {"left": told["left"]}
        else:
            what = str(FACTOR_NEWS[told["action"], told["factor"]]) % {"name": isolated(told["name"])}
    return _news(mail, what)


def _news(mail: QueuedMail, what: str) -> WrittenMail:
    member, told = mail.member, mail.arguments
    context = {
        "what": what,
        "is_new_device": told.get("kind") == WayIn.NEW_DEVICE,
        "at": parse_datetime(told["at"]),
        "zone": zones.shown(zone_of(member).key),
        "ip": told["ip"],
        "device": told["device"],
        "link": settings.SITE_URL + reverse("account_reset_password"),
    }
    return _mail(mail, context, "way_in")


def _mail(mail: QueuedMail, context: dict[str, Any], template: str = "") -> WrittenMail:
    member, template = mail.member, template or mail.kind
    context = {"member": member, **context}
    with translation.override(member.language or settings.LANGUAGE_CODE), timezone.override(zone_of(member)):
        subject = render_to_string(f"accounts/email/{template}_subject.txt", context)
        body = render_to_string(f"accounts/email/{template}_body.txt", context)
    return WrittenMail(clean_line(subject), body, to=[mail.to])


WRITERS: dict[str, mail_queue.Write] = {
    "sign_in": _link,
    "reset": _link,
    "way_in": _way_in,
    "factor": _factor,
    "export": _export,
    "token_ends": _token_ends,
    "webhook_paused": _webhook_paused,
}

"""Mail that accounts sends in the background. All links begin with SITE_URL (rule 9.7)."""

import logging
import zoneinfo
from typing import Any

from allauth.account import app_settings as allauth_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import TextChoices
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy
from django_tasks import task

from .models import Address, Member
from .models.address import as_stored

logger = logging.getLogger(__name__)


@task()
def mail_sign_in_link(member_id: int, mail: str = "sign_in") -> None:
    """Mails a person the link to set a password, in their language: "sign_in" or "reset".

    The link is created here, so that it is never stored in the queue, where others could read it.
    """
    member = Member.objects.active().select_related("company").filter(pk=member_id).first()
    if member is not None:
        _send_link(member, mail)


@task()
def mail_reset_link(email: str) -> None:
    """Mails the link to choose a new password, if somebody active has this address.

    Whether somebody has is looked up here, where a stranger who asked cannot measure it (rule 9.7).
    """
    member = Member.objects.active().select_related("company").filter(email=email).first()
    if member is not None:
        _send_link(member, "reset")


def _send_link(member: Member, mail: str) -> None:
    if Address.objects.filter(email=as_stored(member.email)).exclude(member=member).exists():
        # From before it was refused: whoever reads there would get into the member's account (rule 1.10).
        logger.error(
            "No link to set a password goes to %s: the address belongs to somebody else", member.email
        )
        return
    key = allauth_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(member)
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(member), key])
    context = {"link": settings.SITE_URL + path, "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)}
    _send(member, mail, context, member.email)


class WayIn(TextChoices):
    """What changed somebody's way in, with the sentence for their mail (rule 9.1)."""

    PASSWORD_CHANGED = "password_changed", gettext_lazy("Your password was changed.")
    PASSWORD_RESET = "password_reset", gettext_lazy("You have a new password, chosen by a link in an email.")
    PASSWORD_SET = "password_set", gettext_lazy("A superuser of the installation set a new password for you.")
    ADDRESS = "address", gettext_lazy("You now sign in with another email address: %(email)s")
    SIGNED_OUT = "signed_out", gettext_lazy("An administrator signed you out on all devices.")


def tell_way_in(
    member: Member, kind: WayIn, *, ip: str | None = None, device: str = "", to: str = ""
) -> None:
    """Tells a person by mail what changed their way in: at their address, or at the one they had."""
    at = timezone.now().isoformat()
    mail_way_in.enqueue(member.pk, kind.value, at, ip or "", device, to or member.email)


@task()
def mail_way_in(member_id: int, kind: str, at: str, ip: str, device: str, to: str) -> None:
    """Sends the mail of tell_way_in, also to those who can no longer sign in."""
    member = Member.objects.select_related("company").filter(pk=member_id).first()
    if member is None:
        return
    zone = zoneinfo.ZoneInfo(member.time_zone) if member.time_zone else timezone.get_default_timezone()
    with translation.override(member.language or settings.LANGUAGE_CODE):
        what = str(WayIn(kind).label) % {"email": member.email}
    context = {
        "what": what,
        "at": timezone.localtime(parse_datetime(at), zone),
        "zone": zone.key,
        "ip": ip,
        "device": device,
        "link": settings.SITE_URL + reverse("account_reset_password"),
    }
    _send(member, "way_in", context, to)


def _send(member: Member, mail: str, context: dict[str, Any], to: str) -> None:
    context = {"member": member, **context}
    with translation.override(member.language or settings.LANGUAGE_CODE):
        subject = render_to_string(f"accounts/email/{mail}_subject.txt", context)
        body = render_to_string(f"accounts/email/{mail}_body.txt", context)
    send_mail(" ".join(subject.split()), body, None, [to])

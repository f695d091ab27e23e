"""Mail that accounts sends in the background. All links begin with SITE_URL (rule 9.7)."""

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
from django.utils.translation import gettext_lazy, ngettext
from django_tasks import task

from groupadmin.base.text import isolated

from .factors import Factor
from .models import Member


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
    with translation.override(member.language or settings.LANGUAGE_CODE):
        what = str(WayIn(kind).label) % {"email": member.email}
    _send_way_in(member, what, at, ip, device, to)


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


@task()
def mail_factor_news(
    member_id: int, action: str, factor: str, name: str, left: int, at: str, ip: str, device: str
) -> None:
    """Tells a person by mail that a second factor of theirs has changed, or that a code was used."""
    member = Member.objects.select_related("company").filter(pk=member_id).first()
    if member is None:
        return
    with translation.override(member.language or settings.LANGUAGE_CODE):
        if action == "factor.use_code":
            what = ngettext(
                "A recovery code was used for your account. You have %(left)d left.",
                "A recovery code was used for your account. You have %(left)d left.",
                left,
            ) % {"left": left}
        else:
            what = str(FACTOR_NEWS[action, factor]) % {"name": isolated(name)}
    _send_way_in(member, what, at, ip, device, member.email)


def _send_way_in(member: Member, what: str, at: str, ip: str, device: str, to: str) -> None:
    zone = zoneinfo.ZoneInfo(member.time_zone) if member.time_zone else timezone.get_default_timezone()
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

"""Mail that accounts sends in the background."""

import zoneinfo
from datetime import datetime

from allauth.account import app_settings as allauth_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy, ngettext
from django_tasks import task

from groupadmin.base.text import isolated

from .factors import Factor
from .models import Member


@task()
def mail_sign_in_link(member_id: int, link_base: str, mail: str = "sign_in") -> None:
    """Mails a person the link to set a password, in their language: "sign_in" or "reset".

    The link is created here, so that it is never stored in the queue, where others could read it.
    """
    member = Member.objects.active().select_related("company").filter(pk=member_id).first()
    if member is None:
        return
    key = allauth_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(member)
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(member), key])
    context = {
        "member": member,
        "link": link_base.rstrip("/") + path,
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
    }
    with translation.override(member.language or settings.LANGUAGE_CODE):
        subject = render_to_string(f"accounts/email/{mail}_subject.txt", context)
        body = render_to_string(f"accounts/email/{mail}_body.txt", context)
    send_mail(" ".join(subject.split()), body, None, [member.email])


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
        "An administrator removed all second factors from your account. Sign in with your password, then set "
        "up new ones."
    ),
}


@task()
def mail_factor_news(
    member_id: int, action: str, factor: str, name: str, left: int, at: str, ip: str
) -> None:
    """Tells a person by mail that a second factor of theirs has changed (rule 9.1)."""
    member = Member.objects.active().filter(pk=member_id).first()
    if member is None:
        return
    zone = zoneinfo.ZoneInfo(member.time_zone) if member.time_zone else timezone.get_default_timezone()
    with translation.override(member.language or settings.LANGUAGE_CODE), timezone.override(zone):
        if action == "factor.use_code":
            news = ngettext(
                "A recovery code was used for your account. You have %(left)d left.",
                "A recovery code was used for your account. You have %(left)d left.",
                left,
            ) % {"left": left}
        else:
            news = str(FACTOR_NEWS[action, factor]) % {"name": isolated(name)}
        context = {
            "member": member,
            "news": news,
            "at": datetime.fromisoformat(at),
            "ip": ip,
            "link": settings.SITE_URL + reverse("mfa_index"),
        }
        subject = render_to_string("accounts/email/factor_subject.txt", context)
        body = render_to_string("accounts/email/factor_body.txt", context)
    send_mail(" ".join(subject.split()), body, None, [member.email])

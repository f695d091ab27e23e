"""Mail that accounts sends in the background."""

import logging

from allauth.account import app_settings as allauth_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django_tasks import task

from .models import Address, Member
from .models.address import as_stored

logger = logging.getLogger(__name__)


@task()
def mail_sign_in_link(member_id: int, link_base: str, mail: str = "sign_in") -> None:
    """Mails a person the link to set a password, in their language: "sign_in" or "reset".

    The link is created here, so that it is never stored in the queue, where others could read it.
    """
    member = Member.objects.active().select_related("company").filter(pk=member_id).first()
    if member is None:
        return
    if Address.objects.filter(email=as_stored(member.email)).exclude(member=member).exists():
        # From before it was refused: whoever reads there would get into the member's account (rule 1.10).
        logger.error(
            "No link to set a password goes to %s: the address belongs to somebody else", member.email
        )
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

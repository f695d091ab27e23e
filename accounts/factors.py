"""Second factors (rule 9.2): who has one, and of whom one is required. django-allauth stores them."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from .models import Company, Member
from .provider_reach import binding_of


class Factor(TextChoices):
    """The kinds of factors, by the names that allauth stores."""

    APP = "totp", _("Authenticator app")
    PASSKEY = "webauthn", _("Passkey")
    CODES = "recovery_codes", _("Recovery codes")


PROOFS = [Factor.APP.value, Factor.PASSKEY.value]
"""What counts as a second factor. Recovery codes only replace one for a while."""


def has_factor(member: Member) -> bool:
    """Whether the person has a second factor: then their password alone lets nobody in."""
    return bool(Authenticator.objects.filter(user=member, type__in=PROOFS).exists())


def is_required_of(member: Member) -> bool:
    """Whether the installation or the person's company requires a second factor of them."""
    if member.is_superuser and settings.SUPERUSERS_NEED_FACTOR:
        return True
    if member.company is None:
        return False
    wanted = member.company.second_factor
    return wanted == Company.SecondFactor.EVERYBODY or (
        wanted == Company.SecondFactor.ADMINISTRATORS and member.is_administrator
    )


def lacks_factor(member: Member) -> bool:
    """Whether the person must set up a second factor before anything else."""
    return is_required_of(member) and not has_factor(member)


def may_use_password_alone(member: Member) -> bool:
    """Whether a door that can ask for nothing but the password, such as SMTP, may let the person in."""
    return not is_required_of(member) and not has_factor(member) and not binding_of(member)

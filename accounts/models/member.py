from pathlib import PurePath
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from groupadmin.base.search_text import search_text

from .address import Address, as_stored
from .company import Company
from .named import NAME_CODE_POINTS, Named, Sourced, once_per_source

CALLED = ("name", "nickname", "reading")
AT_WORK = ("employee_number", "job_title", "site")
"""What colleagues find a company's people by, and administrators besides (rule 1.12)."""
SEARCHED = frozenset({*CALLED, *AT_WORK, "email"})


def may_connect(prefix: str = "") -> Q:
    """Active people with the permission to connect with other companies (rule 1.4).

    `prefix` leads to the member, such as "member__"; without it, the query is on members themselves.
    """
    everybody = Q(**{f"{prefix}company__connecting": Company.Connecting.EVERYBODY})
    chosen = Q(**{f"{prefix}company__connecting": Company.Connecting.CHOSEN, f"{prefix}may_connect": True})
    return Q(**{f"{prefix}is_active": True}) & (everybody | chosen)


class MemberQuerySet(models.QuerySet["Member"]):
    """Conditions that are needed again and again."""

    def active(self) -> "MemberQuerySet":
        return self.filter(is_active=True)

    def connecting(self) -> "MemberQuerySet":
        """People with the permission to connect with other companies (rule 1.4)."""
        return self.filter(may_connect())


class MemberManager(BaseUserManager["Member"]):
    """Creates people without a company: superusers, from the command line."""

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        member: Member = self.model(email=email.lower(), is_superuser=True, **fields)
        member.name = member.name or email
        if password is not None:
            # The command checks only what is typed, and lets even that be skipped.
            validate_password(password, member)
        member.set_password(password)
        try:
            with transaction.atomic(using=self._db):
                member.save(using=self._db)
                member.hold_address()
        except IntegrityError:
            raise ValidationError(_("This address is taken. Choose another one.")) from None
        return member


class Member(AbstractBaseUser, Sourced, Named):
    """A person of one company, who signs in with an email address (rule 1.2)."""

    class NotifiedBy(models.TextChoices):
        BOTH = "both", _("Bell and email")
        BELL = "bell", _("Bell only")
        MAIL = "mail", _("Email only")

    company = models.ForeignKey(
        Company, models.CASCADE, null=True, blank=True, related_name="members", verbose_name=_("company")
    )
    # The primary address as text, for signing in; accounts.actions updates it with the Address row.
    email = models.EmailField(_("email address"), unique=True, max_length=320)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    may_connect = models.BooleanField(_("connect with other companies"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(
        _("superuser"), default=False, help_text=_("Belongs to the installation and works in Django admin.")
    )
    photo = models.ImageField(_("photo"), upload_to="members/", blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    # Rule 12.3: what the person chose, what their browser said, and what of it they did not want.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    browser_zone = models.CharField(
        _("time zone of the browser"), max_length=64, blank=True, default="", editable=False
    )
    declined_zone = models.CharField(max_length=64, blank=True, default="", editable=False)
    notified_by = models.CharField(
        _("notifications"), max_length=4, choices=NotifiedBy, default=NotifiedBy.BOTH
    )
    # What a company knows of its people (rule 1.12).
    employee_number = models.CharField(_("employee number"), max_length=100, blank=True, default="")
    job_title = models.CharField(_("job title"), max_length=NAME_CODE_POINTS, blank=True, default="")
    site = models.CharField(_("site"), max_length=NAME_CODE_POINTS, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=100, blank=True, default="")
    nickname = models.CharField(_("nickname"), max_length=NAME_CODE_POINTS, blank=True, default="")
    reading = models.CharField(_("reading of the name"), max_length=NAME_CODE_POINTS, blank=True, default="")
    manager = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("manager")
    )
    # The first and the last day of employment: outside of them the person is inactive.
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    # Inactive because of these days, not by hand: the days alone make the person active again.
    inactive_by_date = models.BooleanField(default=False, editable=False)
    # Goes out once they become active by date.
    sign_in_mail_waits = models.BooleanField(default=False, editable=False)
    # Of an administrator who has seen them, or needs none (rule 1.14).
    hides_first_steps = models.BooleanField(default=False, editable=False)
    # To be searched: what colleagues know them by, their name included; and that with what they are at work.
    called_folded = models.TextField(default="", editable=False)
    work_folded = models.TextField(default="", editable=False)
    # Increased by each change, so that two people do not overwrite each other (rule 2.18).
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = MemberManager.from_queryset(MemberQuerySet)()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["name_sort__collated", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(company__isnull=False) | Q(is_superuser=True), name="member_has_a_company"
            ),
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="member_email_is_lower_case"),
            once_per_source("member_external_id_once"),
            models.CheckConstraint(
                condition=~Q(starts_on__gt=F("ends_on")),
                name="member_starts_before_they_end",
            ),
            models.CheckConstraint(
                condition=Q(manager__isnull=True) | ~Q(manager=F("id")),
                name="member_is_not_their_own_manager",
            ),
            models.CheckConstraint(
                condition=Q(inactive_by_date=False) | Q(is_active=False),
                name="member_inactive_by_date_is_inactive",
            ),
        ]

    def save(self, **kwargs: Any) -> None:
        if (fields := kwargs.get("update_fields")) is not None and not SEARCHED.isdisjoint(fields):
            kwargs["update_fields"] = {*fields, "called_folded", "work_folded"}
        super().save(**kwargs)

    def fold_name(self) -> None:
        super().fold_name()
        called = [*(getattr(self, name) for name in CALLED), self.email.partition("@")[0]]
        self.called_folded = search_text(*called)
        self.work_folded = search_text(*called, *(getattr(self, name) for name in AT_WORK))

    @property
    def is_staff(self) -> bool:
        """Who may enter Django admin."""
        return self.is_active and self.is_superuser

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def hold_address(self) -> None:
        """Writes the address of a superuser without a company among all addresses, where it is unique.

        Nobody else can take it then, nor could they read the mail that resets the password (rule 1.10).
        Raises IntegrityError if somebody has it.
        """
        email = as_stored(self.email)
        values = {"email": email, "local_part": email.rpartition("@")[0]}
        self.addresses.update_or_create(kind=Address.Kind.SUPERUSER, defaults=values)

    @property
    def photo_version(self) -> str:
        """Part of the photo's URL, so that browsers can cache it; empty without a photo."""
        return PurePath(self.photo.name or "").stem[:12]

    @property
    def can_connect(self) -> bool:
        """Whether the member has the permission to connect with other companies (rule 1.4)."""
        if not self.is_active or self.company is None:
            return False
        connecting = self.company.connecting
        return connecting == Company.Connecting.EVERYBODY or (
            connecting == Company.Connecting.CHOSEN and self.may_connect
        )

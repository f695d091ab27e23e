"""What leads the superuser of a new installation on, in Django admin (rule 1.14).

It ends once an administrator of a company has signed in: the pages lead them on.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.admin.options import IS_POPUP_VAR
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Member


@dataclass(frozen=True)
class Step:
    """One thing to do, and where."""

    title: str | Promise
    why: str | Promise
    is_done: bool
    label: str | Promise
    href: str = ""
    """Empty while something else comes first."""


def installation_steps() -> list[Step]:
    """The steps, or none in an installation that is in use: one query."""
    administrators = Member.objects.active().filter(company__isnull=False, is_administrator=True)
    if administrators.filter(last_login__isnull=False).exists():
        return []
    company = Company.objects.order_by("pk").first()
    first = administrators.order_by("pk").first()
    return [
        Step(
            _("Add the company"),
            _("With the domain of its email addresses, which counts as proven if you add it."),
            company is not None,
            _("Add company"),
            reverse("admin:accounts_company_add"),
        ),
        Step(
            _("Add its first administrator"),
            _("They look after members, teams, groups and settings, on the pages."),
            first is not None,
            _("Add administrator"),
            _add_administrator(company) if company else "",
        ),
        Step(
            _("Let them sign in"),
            _("By the email that they got, or with a password that you set and tell them."),
            first is not None and first.has_usable_password(),
            _("Set a password"),
            reverse("admin:auth_user_password_change", args=[first.pk]) if first else "",
        ),
        Step(
            _("Sign out, and sign in as the administrator"),
            format_lazy(_("With {address}. The pages lead on from there."), address=first.email)
            if first
            else _("The pages lead on from there."),
            False,
            _("Sign out"),
            reverse("account_logout") if first else "",
        ),
    ]


def _add_administrator(company: Company) -> str:
    wanted = {"company": company.pk, "is_administrator": "on"}
    return f"{reverse('admin:accounts_member_add')}?{urlencode(wanted)}"


def goes_to_next_step(request: HttpRequest) -> bool:
    """Whether saving one of the steps leads back to them: not by "Save and…", and not in a popup."""
    goes_on = request.POST.keys() & {"_addanother", "_continue", IS_POPUP_VAR}
    return not goes_on and bool(installation_steps())

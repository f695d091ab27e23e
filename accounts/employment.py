"""Whether somebody is employed, by their first and last day (rule 1.12)."""

from datetime import date
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base import dates

from .models import Member

NOT_YET = gettext_lazy("Their first day has not come yet.")
NO_LONGER = gettext_lazy("Their last day has passed.")
BACK = gettext_lazy("They are employed, by their first and last day.")
STAYS = gettext_lazy("They are the last active administrator or superuser.")
ON_FIRST_DAY = gettext_lazy("It goes out on their first day.")


class Outside(NamedTuple):
    """The day that keeps somebody out: its field, and the reason for the audit."""

    field: str
    day: date
    reason: Promise

    @property
    def is_before(self) -> bool:
        """Whether it is their first day that is to come."""
        return self.field == "starts_on"

    @property
    def advice(self) -> str:
        """What to do if they should be active all the same."""
        day = {"day": dates.day(self.day)}
        if self.is_before:
            return _("Their first day is %(day)s. Change it to activate them now.") % day
        return _("Their last day was %(day)s. Change it to activate them.") % day


def today() -> date:
    """The day at the company: in the installation's time zone, whoever asks."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def why_outside(starts_on: date | None, ends_on: date | None) -> Outside | None:
    """What keeps somebody with these days out today; None if they are employed."""
    now = today()
    if starts_on is not None and now < starts_on:
        return Outside("starts_on", starts_on, NOT_YET)
    if ends_on is not None and ends_on < now:
        return Outside("ends_on", ends_on, NO_LONGER)
    return None


def to_change() -> Q:
    """The condition on members whom their days make active or inactive today."""
    now = today()
    not_yet, no_longer = Q(starts_on__gt=now), Q(ends_on__lt=now)
    # Without a day a comparison is neither true nor false, so ~(not_yet | no_longer) finds nobody.
    has_begun = Q(starts_on__isnull=True) | Q(starts_on__lte=now)
    goes_on = Q(ends_on__isnull=True) | Q(ends_on__gte=now)
    return Q(is_active=True) & (not_yet | no_longer) | Q(inactive_by_date=True) & has_begun & goes_on


def is_waiting(member: Member) -> bool:
    """Whether somebody is inactive only until their first day."""
    return member.inactive_by_date and member.starts_on is not None and today() < member.starts_on

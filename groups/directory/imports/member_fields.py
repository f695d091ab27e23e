"""The fields of people that rows carry, by the names that records and models share (rule 1.12)."""

import zoneinfo

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.actions.details import LINES
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.text import too_long

TEXTS = (*LINES, "language", "time_zone")
DATES = ("starts_on", "ends_on")
FLAGS = ("administrator", "may_connect", "active")


def clean_text_field(name: str, text: str) -> str:
    """A person's field, if it can have this value. Raises Invalid."""
    if name == "language" and text and text not in dict(settings.LANGUAGES):
        raise Invalid(None, _("There is no language “%(text)s” here.") % {"text": text[:100]})
    if name == "time_zone" and text and text not in zoneinfo.available_timezones():
        raise Invalid(None, _("There is no time zone “%(text)s”.") % {"text": text[:100]})
    if name in LINES and (problem := too_long(text, *LINES[name])):
        raise Invalid(None, f"{Member._meta.get_field(name).verbose_name}: {problem}")  # type: ignore[union-attr]
    return text

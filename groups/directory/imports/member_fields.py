"""The fields of people that rows carry, by the names that records and models share (rule 1.12)."""

import zoneinfo

from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from accounts.actions.details import LINES
from accounts.models import Member
from groupadmin.base.errors import Invalid
from groupadmin.base.text import too_long

TEXTS = (*LINES, "language", "time_zone")
DATES = ("starts_on", "ends_on")
FLAGS = ("administrator", "may_connect", "active")


def not_here(name: str, text: str) -> str:
    """Why a person comes without this value, which another installation or system has; empty if with it."""
    if name == "language" and text and _language(text) is None:
        return _("The language is left out: there is no “%(text)s” here.") % {"text": text[:100]}
    if name == "time_zone" and text and text not in zoneinfo.available_timezones():
        return _("The time zone is left out: there is no “%(text)s” here.") % {"text": text[:100]}
    return ""


def _language(text: str) -> str | None:
    """The language of ours that another system calls so, as “en-US” and “en_GB”."""
    try:
        return get_supported_language_variant(text.replace("_", "-").lower())
    except LookupError:
        return None


def clean_text_field(name: str, text: str) -> str:
    """A person's field, if it can have this value. Raises Invalid."""
    if name == "language" and text:
        return _language(text) or ""
    if name in LINES and (problem := too_long(text, *LINES[name])):
        raise Invalid(None, f"{Member._meta.get_field(name).verbose_name}: {problem}")  # type: ignore[union-attr]
    return text

"""Checks names and descriptions of people, companies, teams and groups, and cleans them for storing."""

from django.utils.translation import gettext as _

from accounts.models.named import (
    DESCRIPTION_CODE_POINTS,
    DESCRIPTION_LENGTH,
    NAME_CODE_POINTS,
    NAME_LENGTH,
)
from groupadmin.base.errors import Invalid
from groupadmin.base.text import check_length, clean_line, clean_text, has_visible


def clean_name(raw: str) -> str:
    """A name, cleaned (rule 2.4). Raises Invalid."""
    name = clean_line(raw)
    if not has_visible(name):
        raise Invalid("name", _("Enter a name."))
    check_length("name", name, NAME_LENGTH, NAME_CODE_POINTS)
    return name


def clean_description(raw: str) -> str:
    """A description, cleaned (rules 1.3, 2.5). Raises Invalid."""
    description = clean_text(raw)
    check_length("description", description, DESCRIPTION_LENGTH, DESCRIPTION_CODE_POINTS)
    return description

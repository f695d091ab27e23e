"""Names of companies, people and teams, as they are kept."""

from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, has_visible, length

NAME_LENGTH = 100
NAME_CODE_POINTS = 1000


def clean_name(raw: str) -> str:
    """A name, cleaned by the same rules as a group's (spec 2.4). Raises Invalid."""
    name = clean_line(raw)
    if not has_visible(name):
        raise Invalid("name", _("Enter a name."))
    if length(name) > NAME_LENGTH or len(name) > NAME_CODE_POINTS:
        raise Invalid("name", _("Use at most 100 characters."))
    return name

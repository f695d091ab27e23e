"""Help for fields where it depends on the group and on the person."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def masters_hint(*, is_own: bool, is_external: bool) -> Promise:
    """`is_own`: the group is in the person's own company."""
    if not is_own:
        return _("people in this group")
    if is_external:
        return _("need permission to connect with other companies")
    return _("manage the group; do not have to be members")


def members_hint(*, is_own: bool, is_external: bool, is_new: bool) -> Promise:
    if not is_own:
        return _("remove people here; add them from your Contacts")
    if not is_external:
        return _("people, teams and groups")
    return _("optional · people from other companies join later") if is_new else _("people in your company")


def entries_help(*, is_own: bool, is_external: bool) -> Promise:
    """Below the field for members."""
    if not is_own:
        return _("Remove people here. Use “Add external members” to add people from your Contacts.")
    if is_external:
        return _(
            "You can choose people who can connect with other companies. Use “Add external "
            "members” to add people from other companies."
        )
    return _(
        "A team brings in its people and its subteams, a group the people in it. Whoever joins "
        "or leaves them also joins or leaves this group."
    )

"""The words beside fields whose help depends on the group and on who fills them in."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def masters_word(*, is_own: bool, is_external: bool) -> Promise:
    """`is_own` is whether the group is of one's own company."""
    if not is_own:
        return _("people of this group")
    if is_external:
        return _("need the permission to connect with other companies")
    return _("run the group; need not be members")


def members_word(*, is_own: bool, is_external: bool, is_new: bool) -> Promise:
    if not is_own:
        return _("take people out here; add them from your Contacts")
    if not is_external:
        return _("people, teams and groups")
    return _("optional · people of other companies join later") if is_new else _("people of your company")


def entries_help(*, is_own: bool, is_external: bool) -> Promise:
    """Below the field of all members."""
    if not is_own:
        return _("Take people out here. “Add external members” adds people from your Contacts.")
    if is_external:
        return _(
            "Only people who may connect with other companies can be chosen. “Add external members” adds "
            "people of other companies."
        )
    return _(
        "A team stands for its people and the teams below it; a group for the people in it. Who joins or "
        "leaves there joins or leaves here."
    )

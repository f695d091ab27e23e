"""The form of one's own profile (rules 12.1, 12.3)."""

from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member
from accounts.zones import zone_of_company
from groupadmin.base import zones
from groupadmin.base.form_fields import field_of

from .common import zone_choices


class ProfileForm(forms.Form):
    """One's own language and time zone, and how one is notified."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    notified_by = forms.ChoiceField(
        label=gettext_lazy("Notifications"),
        choices=Member.NotifiedBy.choices,
        widget=forms.RadioSelect,
        required=False,
        help_text=gettext_lazy("About your groups that send notifications, and your contacts."),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = field_of(self, "language", forms.ChoiceField)
        zone = field_of(self, "time_zone", forms.ChoiceField)
        language.choices = [("", _("Same as the browser")), *django_settings.LANGUAGES]
        zone.choices = [("", _usual_zone(member)), *zone_choices(member.time_zone)]


def _usual_zone(member: Member) -> str:
    """Which zone it is if one chooses none (rule 12.3)."""
    if member.browser_zone:
        return _("Same as the browser (%(zone)s)") % {"zone": zones.shown(member.browser_zone)}
    return _("Default (%(zone)s)") % {"zone": zones.shown(zone_of_company(member.company).key)}

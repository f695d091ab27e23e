"""The form of one's own profile."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member
from groupadmin.base.form_fields import field_of


@cache
def _time_zones() -> list[str]:
    """The time zones of places, and UTC; cached, as looking them up reads many files."""
    names = zoneinfo.available_timezones()
    return sorted(name for name in names if name == "UTC" or ("/" in name and not name.startswith("Etc/")))


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = field_of(self, "language", forms.ChoiceField)
        zone = field_of(self, "time_zone", forms.ChoiceField)
        language.choices = [("", _("Same as the browser")), *django_settings.LANGUAGES]
        usual = _("Default (%(zone)s)") % {"zone": django_settings.TIME_ZONE}
        zone.choices = [("", usual), *((name, name.replace("_", " ")) for name in _time_zones())]

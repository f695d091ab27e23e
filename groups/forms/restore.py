"""Another name or address for a group that comes back after its own was taken (rule 2.17)."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RestoreForm(forms.Form):
    """Only fields: restore_group checks what is typed, since it depends on all other groups."""

    name = forms.CharField(label=_("Group Name"), required=False, max_length=1000)
    address = forms.CharField(label=_("Address"), required=False, max_length=64)

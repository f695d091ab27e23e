"""A new name or address for a restored group whose own is now taken (rule 2.17)."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RestoreForm(forms.Form):
    """Fields only: restore_group checks the input, since it depends on all other groups."""

    name = forms.CharField(label=_("Group Name"), required=False, max_length=1000)
    address = forms.CharField(label=_("Address"), required=False, max_length=64)

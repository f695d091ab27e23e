"""The form of a webhook (rule 11.5)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import outbox
from accounts.actions.webhooks import WebhookSettings, clean_url
from accounts.models import Webhook
from accounts.models.webhook import URL_LENGTH
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import LineField

ALL, SOME = "all", "some"
DESCRIPTION_LENGTH = 200


@dataclass(frozen=True)
class Box:
    """A type of event to tick."""

    name: str
    label: str | Promise
    is_chosen: bool


def _choices() -> list[Any]:
    return [(heading, list(labels.items())) for heading, labels in outbox.headings().items()]


class WebhookForm(forms.Form):
    """Where events go, and which."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=URL_LENGTH,
        help_text=gettext_lazy("Events are sent here by POST, such as to https://example.com/hook."),
        error_messages={"required": gettext_lazy("Enter the address that events are sent to.")},
        # Not of the type url: browsers refuse what is wrong without a word that helps.
        widget=forms.TextInput(
            {"inputmode": "url", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    description = LineField(
        label=gettext_lazy("Description"),
        required=False,
        most=DESCRIPTION_LENGTH,
        code_points=DESCRIPTION_LENGTH * 2,
    )
    which = forms.ChoiceField(
        label=gettext_lazy("Which events"),
        choices=[
            (ALL, gettext_lazy("All, also those that are added to groupadmin later")),
            (SOME, gettext_lazy("Only these:")),
        ],
        initial=ALL,
        widget=forms.RadioSelect,
    )
    event_types = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_on = forms.BooleanField(
        label=gettext_lazy("Send events"),
        required=False,
        initial=True,
        help_text=gettext_lazy("While this is off, what happens is not sent, and not kept for later."),
    )

    @classmethod
    def of(cls, webhook: Webhook, data: Any = None) -> "WebhookForm":
        """The form of one that is there."""
        initial = {
            "url": webhook.url,
            "description": webhook.description,
            "which": SOME if webhook.event_types else ALL,
            "event_types": webhook.event_types,
            "is_on": webhook.is_on,
        }
        return cls(data, initial=initial)

    def clean_url(self) -> str:
        try:
            return clean_url(self.cleaned_data["url"])
        except Invalid as invalid:
            raise forms.ValidationError(invalid.message) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("which") == SOME and not cleaned.get("event_types"):
            self.add_error("event_types", _("Choose at least one event."))
        return cleaned

    @property
    def types(self) -> list[tuple[Promise, list[Box]]]:
        """The boxes of all types, by heading."""
        chosen = set(self["event_types"].value() or ())
        return [
            (heading, [Box(name, label, name in chosen) for name, label in labels.items()])
            for heading, labels in outbox.headings().items()
        ]

    def settings(self) -> WebhookSettings:
        """The form's content, for the action."""
        values = self.cleaned_data
        types = values["event_types"] if values["which"] == SOME else []
        return WebhookSettings(values["url"], values["description"], frozenset(types), values["is_on"])

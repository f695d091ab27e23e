"""The form of an identity provider (rule 9.6)."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.providers import ProviderSettings
from accounts.models import Company, Domain, IdentityProvider, Member
from accounts.models.identity_provider import KEY_BYTES, new_key
from accounts.sso.discovery import discovery_address, forget, metadata_of
from accounts.sso.trouble import Trouble
from groupadmin.base.form_fields import LineField, field_of

from .common import SeenForm
from .name_field import NameField

KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
URL_LENGTH, ID_LENGTH = 2000, 500


class _MemberChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """With the address, which tells people of one name apart."""

    def label_from_instance(self, member: Any) -> str:
        return f"{member.name} · {member.email}"


class ProviderForm(SeenForm):
    """ "Add identity provider", and its page."""

    key = forms.CharField(widget=forms.HiddenInput)
    name = NameField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("People read it when they sign in: “Sign in with …”"),
    )
    discovery_url = LineField(
        label=gettext_lazy("Discovery address"),
        most=URL_LENGTH,
        code_points=URL_LENGTH,
        help_text=gettext_lazy("Or the issuer: https://… without /.well-known/openid-configuration."),
        error_messages={"required": gettext_lazy("Enter the discovery address.")},
    )
    client_id = LineField(
        label=gettext_lazy("Client ID"),
        most=ID_LENGTH,
        code_points=ID_LENGTH,
        error_messages={"required": gettext_lazy("Enter the client ID.")},
    )
    secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=ID_LENGTH,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    domains = forms.ModelMultipleChoiceField(
        Domain.objects.none(),
        label=gettext_lazy("Domains"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("People with an address at these domains can sign in by it."),
    )
    use = forms.ChoiceField(
        label=gettext_lazy("Use"), choices=IdentityProvider.Use.choices, widget=forms.RadioSelect
    )
    emergency_administrator = _MemberChoice(
        Member.objects.none(),
        label=gettext_lazy("Emergency administrator"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
        help_text=gettext_lazy(
            "Keeps the password when it is required, for when the provider is out of order."
        ),
    )
    asks_factor = forms.BooleanField(label=gettext_lazy("Ask for our second factor too"), required=False)

    def __init__(
        self, *args: Any, company: Company, provider: IdentityProvider | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        self.issuer = provider.issuer if provider else ""
        domains = field_of(self, "domains", forms.ModelMultipleChoiceField)
        domains.queryset = Domain.objects.filter(company=company, state=Domain.State.PROVEN).order_by("name")
        people = field_of(self, "emergency_administrator", forms.ModelChoiceField)
        people.queryset = Member.objects.active().filter(
            company=company, is_administrator=True, is_superuser=False
        )
        people.widget.attrs["class"] = "form-select"
        self.fields["name"].widget.attrs["data-counter"] = "id_name-counter"
        self.fields["discovery_url"].widget.attrs |= {"inputmode": "url", "dir": "ltr", "spellcheck": "false"}
        self.fields["client_id"].widget.attrs |= {"dir": "ltr", "spellcheck": "false"}
        self.be_of(provider)
        if provider is None:
            self.initial = {"key": new_key(), "use": IdentityProvider.Use.OFFERED, **self.initial}
            return
        del self.fields["key"]
        self.fields["secret"].help_text = _("It is stored, and never shown. Leave this empty to keep it.")
        self.initial = {
            **self.initial,
            "name": provider.name,
            "discovery_url": provider.discovery_url,
            "client_id": provider.client_id,
            "domains": list(provider.domains.values_list("pk", flat=True)),
            "use": provider.use,
            "emergency_administrator": provider.emergency_administrator_id,
            "asks_factor": provider.asks_factor,
        }

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not KEY.fullmatch(key) or IdentityProvider.objects.filter(key=key).exists():
            # Only then is the page's address not the one that was copied to the provider.
            raise ValidationError(_("This form is incomplete. Reload the page."))
        return key

    def clean_discovery_url(self) -> str:
        return discovery_address(self.cleaned_data["discovery_url"])

    def discover(self) -> bool:
        """Asks the provider who it is, if the address is another; whether it says so as it should."""
        url = self.cleaned_data["discovery_url"]
        if self.provider is not None and self.provider.discovery_url == url:
            # It can be switched off while it is out of order.
            return True
        try:
            forget(url)
            self.issuer = metadata_of(url).issuer
        except Trouble as problem:
            self.add_error("discovery_url", str(problem.words))
            return False
        return True

    def settings(self) -> ProviderSettings:
        """The form's content, for the action."""
        values = self.cleaned_data
        emergency = values["emergency_administrator"]
        return ProviderSettings(
            name=values["name"],
            discovery_url=values["discovery_url"],
            issuer=self.issuer,
            client_id=values["client_id"],
            secret=values["secret"],
            domain_ids=frozenset(domain.pk for domain in values["domains"]),
            use=values["use"],
            emergency_id=emergency.pk if emergency else None,
            asks_factor=values["asks_factor"],
            key=values.get("key", ""),
        )

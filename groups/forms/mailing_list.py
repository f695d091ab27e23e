"""The mailing list's part of "Add Group": address, and "Set mailing list" (rule 4)."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.addresses import list_address_problem
from accounts.actions.members import LocalAndDomain
from accounts.actor import Actor
from accounts.forms.common import not_ours
from accounts.models import Company, Domain
from accounts.pickers import PickerField, give_scope
from groupadmin.base.form_fields import field_of
from groupadmin.base.pasted_addresses import clean_address, folded
from groupadmin.base.text import clean_line, isolated
from groups.actions import Contact, ListSettings
from groups.actions.settings import CONTACTS_LIMIT, is_valid
from groups.mail.contacts.lines import read_contacts, write_contact
from groups.membership import designated
from groups.models import Group, MailingList
from groups.pickers import GroupScope, Purpose

NAMED_AT_MOST = 5
NAMED_LENGTH = 100


class ContactsField(forms.CharField):
    """Outside addresses, as typed or pasted: "Name <name@example.com>" or the address alone (rule 4.8)."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def clean(self, value: Any) -> frozenset[Contact]:
        lines = [clean_line(line) for line in super().clean(value).split("\n") if line.strip()]
        if len(lines) > CONTACTS_LIMIT:
            raise ValidationError(_("Use at most %(limit)d contacts.") % {"limit": CONTACTS_LIMIT})
        contacts: dict[str, Contact] = {}
        wrong = []
        for line in lines:
            found = {contact.email: contact for contact in read_contacts(line)}
            if len(found.keys() | contacts.keys()) > CONTACTS_LIMIT:
                raise ValidationError(_("Use at most %(limit)d contacts.") % {"limit": CONTACTS_LIMIT})
            if found and all(is_valid(email) for email in found):
                contacts |= found
            else:
                wrong.append(isolated(line[:NAMED_LENGTH]))
        if wrong:
            shown = ", ".join(wrong[:NAMED_AT_MOST]) + (" …" if len(wrong) > NAMED_AT_MOST else "")
            raise ValidationError(_("Not a valid email address: %(lines)s") % {"lines": shown})
        return frozenset(contacts.values())

    def run_validators(self, value: Any) -> None:
        """Lines are cleaned one by one instead."""


# As the guide says it where one chooses (rule 5.6).
SENDERS = [
    (MailingList.Senders.EVERYONE.value, MailingList.Senders.EVERYONE.label),
    (MailingList.Senders.DESIGNATED.value, gettext_lazy("Designate members")),
]


class MailingListForm(forms.ModelForm[MailingList]):
    """Checked only while the group's switch "Mailing list" is on (`is_used`), so that unused rules do not
    block a group without a list."""

    local_part = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("2 to 40 characters: a–z, 0–9 and . - _ ! #"),
        error_messages={"required": gettext_lazy("Enter an address.")},
    )
    domain = forms.ModelChoiceField(Domain.objects.none(), label=gettext_lazy("Domain"), empty_label=None)
    aliases = forms.CharField(label=gettext_lazy("Aliases"), required=False, widget=forms.Textarea)
    senders = PickerField(label=gettext_lazy("Designate members"), required=False)
    send_as = PickerField(label=gettext_lazy("Designate members"), required=False)
    contacts = ContactsField(label=gettext_lazy("External contacts"), required=False)

    class Meta:
        model = MailingList
        fields = ["blocks_external_domains", "who_can_send"]
        widgets = {"who_can_send": forms.RadioSelect}
        help_texts = {
            "blocks_external_domains": gettext_lazy("Only emails from your company's addresses are accepted.")
        }

    def __init__(
        self, *args: Any, actor: Actor, company: Company, group: Group | None, is_used: bool, **kwargs: Any
    ) -> None:
        self.is_used = is_used
        settings = ListSettings.of(group) if group else None
        self.company = company
        present = group.mailing_list if group and group.uses_mailing_list else None
        self._is_closed = present is not None and designated.is_closed(present)
        if settings is not None:
            kwargs["initial"] = _initial(settings) | kwargs.get("initial", {})
        kwargs |= {"instance": group.mailing_list if group else None, "prefix": "list"}
        super().__init__(*args, **kwargs)
        domains = company.domains.usable()
        domain = field_of(self, "domain", forms.ModelChoiceField)
        domain.queryset = domains
        self.only_domain = domains[0] if len(domains) == 1 else None
        domain.initial = domain.initial or (domains[0] if domains else None)
        for name in ("senders", "send_as"):
            give_scope(self, name, GroupScope(actor, company, Group.Kind.INTERNAL, Purpose.DESIGNATED, group))
        field_of(self, "who_can_send", forms.ChoiceField).choices = SENDERS
        self._dress(group)

    def _dress(self, group: Group | None) -> None:
        about = {"group": str(group.pk)} if group else {}
        asks = {
            "hx-get": f"{reverse('groups:check_address')}?{urlencode(about)}",
            "hx-include": "[name='list-local_part'], [name='list-domain']",
            "hx-params": "list-local_part,list-domain",
            "hx-target": "#address-check",
            "hx-swap": "innerHTML",
            "hx-sync": "closest .address:replace",
        }
        self.fields["local_part"].widget.attrs |= asks | {
            "class": "form-control code",
            "spellcheck": "false",
            "autocapitalize": "none",
            "autocomplete": "off",
            "hx-trigger": "input changed delay:300ms",
        }
        self.fields["domain"].widget.attrs |= asks | {"class": "form-select", "hx-trigger": "change"}
        self.fields["aliases"].widget.attrs |= {
            "class": "form-control code",
            "rows": 2,
            "spellcheck": "false",
            "autocapitalize": "none",
        }
        self.fields["contacts"].widget.attrs |= {
            "class": "form-control",
            "rows": 3,
            "placeholder": "Name <name@example.com>",
        }

    def full_clean(self) -> None:
        """Shows what was typed, but reports no errors while the list is unused."""
        if self.is_used or not self.is_bound:
            return super().full_clean()
        self._errors = ErrorDict()
        self.cleaned_data = {}
        return None

    def clean_local_part(self) -> str:
        local_part = folded(self.cleaned_data["local_part"])
        if problem := list_address_problem(local_part):
            raise ValidationError(problem)
        return local_part

    def clean_aliases(self) -> frozenset[LocalAndDomain]:
        """Further addresses, one per line; what has no domain is at that of the list (rule 4.14)."""
        domains = {domain.name: domain.pk for domain in self.company.domains.usable()}
        chosen = self.cleaned_data.get("domain")
        found = set()
        for typed in self.cleaned_data["aliases"].replace(",", "\n").split("\n"):
            if not (line := clean_line(typed)):
                continue
            address = clean_address(line) if "@" in line else f"{folded(line)}@{chosen or ''}"
            local_part, _at, name = address.rpartition("@")
            if name not in domains:
                raise ValidationError(not_ours(address))
            if problem := list_address_problem(local_part):
                raise ValidationError(f"{isolated(address)}: {problem}")
            found.add((local_part, domains[name]))
        return frozenset(found)

    @property
    def would_close(self) -> bool:
        """Whether a valid form would close a list to everybody, unless it is already (rule 4.5)."""
        wanted = self.settings()
        if self._is_closed or wanted.who_can_send != MailingList.Senders.DESIGNATED:
            return False
        chosen = wanted.senders | wanted.send_as
        people = designated.people_behind(chosen.members, chosen.teams, chosen.groups)
        return not people.filter(company=self.company).exists()

    def settings(self) -> ListSettings:
        """A valid form's values."""
        data = self.cleaned_data
        return ListSettings(
            local_part=data["local_part"],
            domain_id=data["domain"].pk,
            blocks_external_domains=data["blocks_external_domains"],
            who_can_send=data["who_can_send"],
            senders=data["senders"],
            send_as=data["send_as"],
            contacts=data.get("contacts", frozenset()),
            aliases=data["aliases"],
        )


def _initial(settings: ListSettings) -> dict[str, Any]:
    contacts = sorted(settings.contacts)
    names = dict(
        Domain.objects.filter(pk__in={pk for _local, pk in settings.aliases}).values_list("pk", "name")
    )
    return {
        "aliases": "\n".join(sorted(f"{local}@{names[pk]}" for local, pk in settings.aliases)),
        "local_part": settings.local_part,
        "domain": settings.domain_id,
        "senders": settings.senders,
        "send_as": settings.send_as,
        "contacts": "\n".join(write_contact(contact) for contact in contacts),
    }

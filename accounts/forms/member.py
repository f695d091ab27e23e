"""The forms of "Members" (rule 1.2)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.members import LocalAndDomain, MemberSettings
from accounts.actor import Actor
from accounts.models import Company, Domain, Member
from accounts.pickers import Chosen, CompanyScope, PickerField, Purpose, give_scope
from accounts.pickers.tokens import parse

from .common import AddressForm, not_ours
from .member_details import DetailsForm, initial_details
from .name_field import NameField

ALIASES_TYPED = 10_000


class MemberForm(DetailsForm, AddressForm):
    """ "Add member" and "Edit member" (rule 1.2)."""

    name = NameField(label=gettext_lazy("Name"))
    aliases = forms.CharField(
        label=gettext_lazy("Aliases"),
        required=False,
        max_length=ALIASES_TYPED,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=gettext_lazy(
            "Email to these addresses arrives too. One per line, at your company's domains."
        ),
    )
    teams = PickerField(label=gettext_lazy("Teams"), required=False)
    is_administrator = forms.BooleanField(
        label=gettext_lazy("Administrator"),
        required=False,
        help_text=gettext_lazy("Manages the company's members, teams, groups and settings."),
    )
    may_connect = forms.BooleanField(
        label=gettext_lazy("Connect with other companies"),
        required=False,
        help_text=gettext_lazy("Can be in external groups."),
    )
    send_mail = forms.BooleanField(
        label=gettext_lazy("Send sign-in email"),
        required=False,
        initial=True,
        help_text=gettext_lazy("With a link to choose a password."),
    )

    def __init__(self, *args: Any, actor: Actor, member: Member | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_scope(self, "teams", CompanyScope(actor, self.company, Purpose.TEAMS))
        self.offer_managers(actor, self.company)
        self.be_of(member)
        if member is not None:
            del self.fields["send_mail"]
            self.initial = {**_initial(member), **self.initial}
        if actor.member is not None and actor.member == member:
            role = self.fields["is_administrator"]
            role.disabled = True
            role.help_text = _("Only another administrator can remove your role.")
        self._say_who_connects()

    def _say_who_connects(self) -> None:
        """Permission per member is offered only if the company lets chosen members connect (rule 1.4)."""
        texts = {
            Company.Connecting.NOBODY: _("Your company does not connect with other companies. See Settings."),
            Company.Connecting.EVERYBODY: _("All members of your company can. See Settings."),
        }
        if text := texts.get(Company.Connecting(self.company.connecting)):
            self.fields["may_connect"].disabled = True
            self.fields["may_connect"].help_text = text

    def clean_aliases(self) -> tuple[LocalAndDomain, ...]:
        domains = {domain.name: domain.pk for domain in Domain.objects.usable().filter(company=self.company)}
        typed = parse(self.cleaned_data["aliases"])
        aliases = []
        for address in (*typed.addresses, *typed.unknown, *typed.tokens):
            local_part, _at, domain = address.rpartition("@")
            if not local_part or domain not in domains:
                raise ValidationError(not_ours(address))
            aliases.append((local_part, domains[domain]))
        return tuple(aliases)

    def settings(self) -> MemberSettings:
        """The form's content, for the action."""
        values = self.cleaned_data
        return MemberSettings(
            name=values["name"],
            local_part=values["local_part"],
            domain_id=values["domain"].pk,
            aliases=values["aliases"],
            team_ids=values["teams"].teams,
            is_administrator=values["is_administrator"],
            may_connect=values["may_connect"],
            **self.details(),
        )


def _initial(member: Member) -> dict[str, Any]:
    settings = MemberSettings.of(member)
    domains = dict(Domain.objects.filter(company=member.company_id).values_list("pk", "name"))
    return {
        "name": settings.name,
        "local_part": settings.local_part,
        "domain": settings.domain_id,
        "aliases": "\n".join(f"{local}@{domains[domain]}" for local, domain in settings.aliases),
        "teams": Chosen(teams=settings.team_ids),
        "is_administrator": settings.is_administrator,
        "may_connect": settings.may_connect,
        **initial_details(member),
    }

"""The forms of Members, Teams and Settings. They read what was typed; the actions say whether it may be."""

import zoneinfo
from dataclasses import asdict
from functools import cache
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.company import CompanySettings
from accounts.actions.members import LocalAndDomain, MemberSettings
from accounts.actions.names import NAME_CODE_POINTS, NAME_LENGTH
from accounts.actions.teams import DESCRIPTION_CODE_POINTS, DESCRIPTION_LENGTH, TeamSettings
from accounts.actor import Actor
from accounts.models import Company, Domain, Member, Team
from groupadmin.base.form_fields import LineField, TextField
from groupadmin.base.text import clean_line, isolated
from groups.actions import Entries
from groups.models import Group
from groups.pickers import PickerField, PickScope, Purpose

LOCAL_PART_LENGTH = 64
ALIASES_TYPED = 10_000
LARGEST_VERSION = 2**31 - 1


class SeenForm(forms.Form):
    """A form that says which version of a thing it was opened at (spec 2.18)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=LARGEST_VERSION)

    def be_of(self, thing: Company | Member | Team | None) -> None:
        """Without a thing, it is a form for a new one."""
        if thing is None:
            del self.fields["version"]
        else:
            self.initial["version"] = thing.version


class AddressForm(SeenForm):
    """A form with an address at one of the company's domains."""

    local_part = forms.CharField(label=gettext_lazy("Address"), max_length=LOCAL_PART_LENGTH)
    domain = forms.ModelChoiceField(Domain.objects.none(), label=gettext_lazy("Domain"), empty_label=None)

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        domains = self.fields["domain"]
        assert isinstance(domains, forms.ModelChoiceField)  # noqa: S101
        domains.queryset = Domain.objects.filter(company=company)
        self.fields["local_part"].widget.attrs |= {
            "autocapitalize": "none",
            "autocomplete": "off",
            "spellcheck": "false",
        }
        for name in ("name", "description"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-counter"] = f"id_{name}-counter"


def _picker(form: forms.Form, name: str, actor: Actor, company: Company, purpose: Purpose) -> None:
    field = form.fields[name]
    assert isinstance(field, PickerField)  # noqa: S101
    field.scope = PickScope(actor, company, Group.Kind.INTERNAL, purpose)


class MemberForm(AddressForm):
    """ "Add member" and "Edit member" (spec 1.2)."""

    name = LineField(label=gettext_lazy("Name"), most=NAME_LENGTH, code_points=NAME_CODE_POINTS)
    aliases = forms.CharField(
        label=gettext_lazy("Other addresses"),
        required=False,
        max_length=ALIASES_TYPED,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=gettext_lazy("Mail to these arrives too. One a line, at your company's domains."),
    )
    teams = PickerField(label=gettext_lazy("Teams"), required=False)
    is_administrator = forms.BooleanField(
        label=gettext_lazy("Administrator"),
        required=False,
        help_text=gettext_lazy("Manages members, teams, groups and settings of the company."),
    )
    may_connect = forms.BooleanField(
        label=gettext_lazy("Connect with other companies"),
        required=False,
        help_text=gettext_lazy("Can be in external groups."),
    )
    send_mail = forms.BooleanField(
        label=gettext_lazy("Send sign-in mail"),
        required=False,
        initial=True,
        help_text=gettext_lazy("With a link to choose a password."),
    )

    def __init__(self, *args: Any, actor: Actor, member: Member | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _picker(self, "teams", actor, self.company, Purpose.TEAMS)
        self.be_of(member)
        if member is not None:
            del self.fields["send_mail"]
            self.initial = {**_initial(member), **self.initial}
        if actor.member is not None and actor.member == member:
            role = self.fields["is_administrator"]
            role.disabled = True
            role.help_text = _("Another administrator can take this role from you.")
        self._say_who_connects()

    def _say_who_connects(self) -> None:
        """The permission is granted by member only where the company has decided so (spec 1.4)."""
        texts = {
            Company.Connecting.NOBODY: _("Your company does not connect with others; see the settings."),
            Company.Connecting.EVERYBODY: _("All members of your company may; see the settings."),
        }
        if text := texts.get(Company.Connecting(self.company.connecting)):
            self.fields["may_connect"].disabled = True
            self.fields["may_connect"].help_text = text

    def clean_aliases(self) -> tuple[LocalAndDomain, ...]:
        domains = {domain.name: domain.pk for domain in Domain.objects.filter(company=self.company)}
        aliases = []
        for word in self.cleaned_data["aliases"].replace(",", " ").replace(";", " ").split():
            local_part, _at, domain = word.lower().rpartition("@")
            if not local_part or domain not in domains:
                raise ValidationError(
                    _("No address at one of your company's domains: %(address)s")
                    % {"address": isolated(clean_line(word)[:100])}
                )
            aliases.append((local_part, domains[domain]))
        return tuple(aliases)

    def settings(self) -> MemberSettings:
        """What the form says, for the action."""
        values = self.cleaned_data
        return MemberSettings(
            name=values["name"],
            local_part=values["local_part"],
            domain_id=values["domain"].pk,
            aliases=values["aliases"],
            team_ids=values["teams"].teams,
            is_administrator=values["is_administrator"],
            may_connect=values["may_connect"],
        )


def _initial(member: Member) -> dict[str, Any]:
    settings = MemberSettings.of(member)
    domains = dict(Domain.objects.filter(company=member.company_id).values_list("pk", "name"))
    return {
        "name": settings.name,
        "local_part": settings.local_part,
        "domain": settings.domain_id,
        "aliases": "\n".join(f"{local}@{domains[domain]}" for local, domain in settings.aliases),
        "teams": Entries(teams=settings.team_ids),
        "is_administrator": settings.is_administrator,
        "may_connect": settings.may_connect,
    }


class TeamForm(AddressForm):
    """ "Add team" and "Edit team" (spec 1.3)."""

    name = LineField(label=gettext_lazy("Name"), most=NAME_LENGTH, code_points=NAME_CODE_POINTS)
    description = TextField(
        label=gettext_lazy("Description"),
        required=False,
        most=DESCRIPTION_LENGTH,
        code_points=DESCRIPTION_CODE_POINTS,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["local_part"].required = False
        self.fields["local_part"].help_text = _("2 to 40 of the letters a–z, digits and . - _ ! #")
        self.fields["domain"].required = False
        self.be_of(team)
        if team is not None:
            settings = TeamSettings.of(team)
            self.initial = {
                "name": settings.name,
                "description": settings.description,
                "local_part": settings.local_part,
                **({"domain": settings.domain_id} if settings.domain_id else {}),
                **self.initial,
            }

    def settings(self) -> TeamSettings:
        """What the form says, for the action."""
        values = self.cleaned_data
        domain = values["domain"]
        return TeamSettings(
            values["name"], values["description"], values["local_part"], domain.pk if domain else None
        )


class TeamMoveForm(SeenForm):
    """Where a team shall stand: below another one, or at the top."""

    parent = PickerField(
        label=gettext_lazy("Below"),
        required=False,
        help_text=gettext_lazy("Leave it empty to put the team at the top."),
    )

    def __init__(self, *args: Any, actor: Actor, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.be_of(team)
        self.initial["parent"] = Entries(teams=frozenset({team.parent_id} if team.parent_id else ()))
        _picker(self, "parent", actor, team.company, Purpose.TEAMS)

    def clean_parent(self) -> int | None:
        teams: frozenset[int] = self.cleaned_data["parent"].teams
        if len(teams) > 1:
            raise ValidationError(_("A team stands below one other team. Choose one."))
        return next(iter(teams), None)


class TeamPeopleForm(forms.Form):
    """Who shall come into a team."""

    people = PickerField(
        label=gettext_lazy("People"),
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )

    def __init__(self, *args: Any, actor: Actor, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _picker(self, "people", actor, company, Purpose.PEOPLE)


class SettingsForm(SeenForm):
    """The company's settings (spec 1.1, 1.4, 1.5)."""

    plan = forms.ChoiceField(
        label=gettext_lazy("Plan"), choices=Company.Plan.choices, widget=forms.RadioSelect
    )
    has_core = forms.BooleanField(
        label=gettext_lazy("Core"),
        required=False,
        help_text=gettext_lazy("External groups, with people of other companies, need Core."),
    )
    connecting = forms.ChoiceField(
        label=gettext_lazy("Who may connect with other companies"),
        choices=Company.Connecting.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Needed to be in external groups. With “Chosen members”, each member's page has the switch."
        ),
    )
    partners = forms.ChoiceField(
        label=gettext_lazy("With which companies"),
        choices=Company.Partners.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("They are named under Connection. Both companies must allow it."),
    )
    group_creators = forms.ChoiceField(
        label=gettext_lazy("Authority to create group"),
        choices=Company.Creators.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A member who creates a group becomes its master."),
    )
    recall_hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long masters can take back what others wrote"),
        choices=Company.RECALL_HOURS,
        coerce=int,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("In message rooms. Everybody can take back their own messages at any time."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.be_of(company)
        self.initial.update(asdict(CompanySettings.of(company)))

    def settings(self) -> CompanySettings:
        """What the form says, for the action."""
        return CompanySettings(**{name: self.cleaned_data[name] for name in self.fields if name != "version"})


class DomainForm(forms.Form):
    """A new mail domain."""

    name = LineField(
        label=gettext_lazy("New domain"),
        most=253,
        code_points=253,
        widget=forms.TextInput(
            {
                "placeholder": gettext_lazy("example.com"),
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )


@cache
def _time_zones() -> list[str]:
    """The time zones of places, and UTC; looking them up reads many files."""
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
        help_text=gettext_lazy("What happens to you in groups that send notifications, and your contacts."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language, zone = self.fields["language"], self.fields["time_zone"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101
        language.choices = [("", _("As the browser asks for")), *django_settings.LANGUAGES]
        usual = _("As the installation (%(zone)s)") % {"zone": django_settings.TIME_ZONE}
        zone.choices = [("", usual), *((name, name.replace("_", " ")) for name in _time_zones())]


class ContactForm(forms.Form):
    """ "Add contact": the address of a person of another company (spec 6.2)."""

    address = forms.CharField(
        label=gettext_lazy("Mail address"),
        error_messages={"required": gettext_lazy("Enter the person's mail address.")},
        widget=forms.EmailInput(
            attrs={
                "class": "form-control",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "name@example.com",
                "autofocus": True,
            }
        ),
    )

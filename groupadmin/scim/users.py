"""People as resources (rules 1.2, 1.12, 11.2)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.actions.members import (
    MemberSettings,
    activate_member,
    add_member,
    deactivate_member,
    update_member,
)
from accounts.actions.origin import check_own
from accounts.actions.provisioned import Said, keep_said, take_leave
from accounts.models import Address, Member, TeamMembership
from accounts.models.provisioned import USER_NAME_LENGTH
from groupadmin.base.text import fold
from groups.models import Group, Membership

from .addresses import Addresses
from .bodies import Document
from .clients import Client
from .columns import EVERYBODY, Column, Day, Flag, Many, OneOf, Text, refers
from .dialects import has, value_of
from .errors import invalid, taken
from .fields import Fields
from .filters import Columns
from .kinds import Resources, external_id, keep_id, person_value, word
from .names import full_name
from .refs import Kind, pk_of
from .schemas import CONNECTING, ENTERPRISE_URN, USER_URN, Email, FullUser, PhoneNumber, UserMore, Work

GROUP_SUBS = ("value", "$ref", "display")


class Users(Resources):
    """The company's people, but those whom the client's provider has deleted."""

    kind = Kind.USER
    model = FullUser
    rows_of = Member

    def rows(self, client: Client) -> QuerySet[Member]:
        people = Member.objects.filter(company=client.company.pk).select_related("provisioned")
        return people.exclude(pk__in=gone(client))

    def columns(self, client: Client) -> Columns:
        columns: dict[str, Column | Many] = {
            "username": Text("email", equals=lambda value: _is_called(value)),
            "displayname": Text("name_folded", folds=fold),
            "nickname": Text("nickname"),
            "title": Text("job_title"),
            "active": Flag("is_active"),
            "name.givenname": Text("provisioned__given_name"),
            "name.familyname": Text("provisioned__family_name"),
            "emails": Many(_addresses, "member", EMAIL, main=Text("email")),
            "phonenumbers": Many(_with_phone, "pk", {"value": Text("phone")}, main=Text("phone")),
            "groups": Many(_entries, "member", {"value": refers(group="group")}),
            f"{ENTERPRISE_URN}:employeeNumber".lower(): Text("employee_number"),
            f"{ENTERPRISE_URN}:department".lower(): Text("provisioned__department"),
            f"{ENTERPRISE_URN}:manager.value".lower(): refers(user="manager"),
            f"{USER_URN}:reading".lower(): Text("reading"),
            f"{USER_URN}:site".lower(): Text("site"),
            f"{USER_URN}:firstDay".lower(): Day("starts_on"),
            f"{USER_URN}:lastDay".lower(): Day("ends_on"),
            f"{USER_URN}:connecting".lower(): OneOf("pk", ((CONNECTING, Q(may_connect=True)),)),
            f"{USER_URN}:email".lower(): Text("email"),
            f"{USER_URN}:administrator".lower(): Flag("is_administrator"),
        }
        return self.common_columns(client) | columns

    def documents(self, client: Client, things: Sequence[Member], fields: Fields) -> list[Document]:
        aliases = _aliases([member.pk for member in things])
        documents = [fields.dump(self.resource(client, member, aliases[member.pk])) for member in things]
        if subs := fields.subs_of("groups", GROUP_SUBS, by_default=False):
            self._add_groups(client, things, documents, subs)
        return documents

    def resource(self, client: Client, member: Member, aliases: Sequence[str] = ()) -> Any:
        """The person as the client reads them."""
        said = Said.of(member)
        name = (
            {"family_name": said.family_name or None, "given_name": said.given_name or None} if said else {}
        )
        return FullUser(
            **self.basics(client, member),
            user_name=(said.user_name if said else "") or member.email,
            name=name if any(name.values()) else None,
            display_name=member.name,
            nick_name=member.nickname or None,
            title=member.job_title or None,
            active=member.is_active,
            emails=_emails(member, said, aliases) or None,
            phone_numbers=_phones(member, said) or None,
            EnterpriseUser=Work(
                employee_number=member.employee_number or None,
                department=(said.department if said else "") or None,
                manager=person_value(client, member.manager_id) if member.manager_id else None,
            ),
            UserExtension=UserMore(
                reading=member.reading or None,
                site=member.site or None,
                first_day=member.starts_on.isoformat() if member.starts_on else None,
                last_day=member.ends_on.isoformat() if member.ends_on else None,
                connecting=CONNECTING if member.may_connect else None,
                email=member.email,
                administrator=member.is_administrator,
            ),
        )

    def _add_groups(
        self, client: Client, things: Sequence[Member], documents: list[Document], subs: frozenset[str]
    ) -> None:
        pks = [member.pk for member in things]
        groups = _entries(client).filter(member__in=pks).values_list("member", "group", "group__name")
        places = TeamMembership.objects.filter(member__in=pks).values_list("member", "team", "team__name")
        found: dict[int | None, list[Document]] = defaultdict(list)
        for kind, rows in ((Kind.GROUP, groups), (Kind.TEAM, places)):
            for pk, container, name in rows:
                ref = f"{kind}-{container}"
                values = {"value": ref, "$ref": f"{client.base}/{kind.endpoint}/{ref}", "display": name}
                found[pk].append({key: value for key, value in values.items() if key in subs})
        for member, document in zip(things, documents, strict=True):
            if found[member.pk]:
                document["groups"] = found[member.pk]

    # Writing

    def create(self, client: Client, document: Document) -> Member:
        wanted = self.parsed(_with_defaults(document, None))
        _check_user_name(wanted.user_name)
        addresses = Addresses.of(client.company)
        email = addresses.email_of(wanted)
        if email is None:
            raise invalid(addresses.why_none())
        there = Member.objects.filter(company=client.company.pk, pk__in=gone(client))
        back = there.filter(Q(email=email) | _is_called(wanted.user_name)).first()
        if back is None:
            self._check_is_new(client, wanted, email)
            local_part, domain = addresses.split(email)
            settings = MemberSettings(wanted.display_name, local_part, domain)
            back = add_member(client.company, settings, actor=client.actor)
        return self._save(client, back, wanted, addresses)

    def _check_is_new(self, client: Client, wanted: Any, email: str) -> None:
        same = self.rows(client).filter(Q(email=email) | _is_called(wanted.user_name))
        if same.exists():
            raise taken(_("There is already somebody with this userName or address."))

    def replace(self, client: Client, thing: Member, document: Document) -> Member:
        before = self.resource(client, thing, _aliases([thing.pk])[thing.pk])
        after = self.parsed(_with_defaults(document, before))
        after.replace(before)
        return self._save(client, thing, after, Addresses.of(client.company))

    def patch(self, client: Client, thing: Member, operations: list[Document]) -> Member:
        before = self.resource(client, thing, _aliases([thing.pk])[thing.pk])
        return self._save(client, thing, self.patched(before, operations), Addresses.of(client.company))

    def delete(self, client: Client, thing: Member) -> None:
        check_own(thing, "member.deactivate", client.actor)
        take_leave(thing, actor=client.actor)

    def _save(self, client: Client, member: Member, wanted: Any, addresses: Addresses) -> Member:
        """Makes the person what is wanted. Every step changes nothing if there is nothing to change."""
        actor = client.actor
        check_own(member, "member.update", actor)
        _check_user_name(wanted.user_name)
        said = _said(wanted, addresses.email_of(wanted, member))
        present = MemberSettings.of(member)
        settings = self._settings(client, member, present, wanted, addresses)
        if settings != present:
            member = update_member(member, settings, actor=actor)
        before = Said.of(member)
        if before is None or said != before or member.provisioned.left_at is not None:
            member = keep_said(member, said, actor=actor)
        member = keep_id(client, member, wanted.external_id)
        if wanted.active and not member.is_active and not member.inactive_by_date:
            member = activate_member(member, actor=actor)
        elif wanted.active is False and (member.is_active or member.inactive_by_date):
            member = deactivate_member(member, actor=actor)
        return self.again(client, member)

    def _settings(
        self, client: Client, member: Member, present: MemberSettings, wanted: Any, addresses: Addresses
    ) -> MemberSettings:
        work = wanted.EnterpriseUser or Work()
        more = wanted.UserExtension or UserMore()
        email = addresses.email_of(wanted, member) or member.email
        local_part, domain = addresses.split(email)
        # Aliases that the provider never named stay (rule 10.4).
        said = Said.of(member)
        named = addresses.own_of(one.get("value", "") for one in (said.emails if said else ()))
        kept = frozenset(present.aliases) - named - {(local_part, domain)}
        aliases = addresses.aliases_of(wanted, email) | kept
        return replace(
            present,
            name=wanted.display_name,
            local_part=local_part,
            domain_id=domain,
            aliases=present.aliases if aliases == frozenset(present.aliases) else tuple(sorted(aliases)),
            nickname=wanted.nick_name or "",
            job_title=wanted.title or "",
            phone=_main(wanted.phone_numbers) or "",
            employee_number=work.employee_number or "",
            manager_id=self._manager(client, work.manager, member),
            reading=more.reading or "",
            site=more.site or "",
            starts_on=_day(more.first_day),
            ends_on=_day(more.last_day),
            may_connect=word(more.connecting, CONNECTING),
        )

    def _manager(self, client: Client, manager: Any, member: Member) -> int | None:
        """Whoever the manager is; nobody if the provider names somebody whom it has not added."""
        pk = pk_of(manager.value if manager else None, Kind.USER)
        if pk is None or pk == member.manager_id:
            return pk
        if not self.rows(client).filter(pk=pk).exists():
            raise invalid(_("There is no such manager."))
        return pk


def gone(client: Client) -> QuerySet[Any, Any]:
    """Whom providers have deleted, as long as nobody activates them again by hand."""
    away = Member.objects.filter(company=client.company.pk, is_active=False)
    return away.filter(provisioned__left_at__isnull=False).values("pk")


def _check_user_name(user_name: str | None) -> None:
    """Before anybody is looked for by it. Raises Failure."""
    if not (user_name or "").strip():
        raise invalid(_("Send a userName."))
    if len(user_name or "") > USER_NAME_LENGTH:
        raise invalid(_("A userName can have at most %(limit)d characters.") % {"limit": USER_NAME_LENGTH})


def _is_called(user_name: str) -> Q:
    """Whoever the provider calls so, or who signs in so."""
    return Q(email=user_name.strip().lower()) | Q(provisioned__user_name__iexact=user_name.strip())


def _addresses(client: Client) -> QuerySet[Any, Any]:
    return Address.objects.filter(member__company=client.company.pk)


def _with_phone(client: Client) -> QuerySet[Any, Any]:
    return Member.objects.filter(company=client.company.pk).exclude(phone="")


def _entries(client: Client) -> QuerySet[Any, Any]:
    live = Group.objects.live().filter(company=client.company.pk, kind=Group.Kind.INTERNAL)
    return Membership.objects.filter(group__in=live, member__isnull=False)


EMAIL = {
    "value": Text("email"),
    "primary": OneOf("pk", (("true", Q(kind=Address.Kind.MEMBER)), ("false", ~Q(kind=Address.Kind.MEMBER)))),
    # Whichever type a provider gave it: all of them are addresses in the company's domains.
    "type": OneOf("pk", (("work", EVERYBODY), ("other", ~Q(kind=Address.Kind.MEMBER)))),
}


def _aliases(pks: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = Address.objects.filter(member__in=list(pks), kind=Address.Kind.ALIAS).order_by("pk")
    for pk, email in rows.values_list("member", "email"):
        if pk is not None:
            found[pk].append(email)
    return found


def _emails(member: Member, said: Said | None, aliases: Sequence[str]) -> list[Email]:
    """As the provider said them; and what else reaches the person."""
    if said is None:
        values = [Email(value=member.email, type="work", primary=True)]
    else:
        values = [Email(**value) for value in said.emails]
    known = {str(value.value).lower() for value in values} | {member.email}
    return values + [Email(value=alias, type="other") for alias in aliases if alias not in known]


def _phones(member: Member, said: Said | None) -> list[PhoneNumber]:
    """As the provider said them, unless somebody has written another one by hand since."""
    values = [PhoneNumber(**value) for value in said.phones] if said else []
    if _main(values) == (member.phone or None):
        return values
    return [PhoneNumber(value=member.phone, type="work")] if member.phone else []


def _main(values: Sequence[Any] | None) -> str | None:
    """The primary value, else the one for work, else the first."""
    ranked = sorted(values or (), key=lambda one: (not one.primary, (one.type or "").lower() != "work"))
    return next((" ".join(one.value.split()) for one in ranked if one.value and one.value.strip()), None)


def _said(wanted: Any, email: str | None) -> Said:
    work, name = wanted.EnterpriseUser, wanted.name
    user_name = wanted.user_name.strip()
    return Said(
        user_name="" if user_name.lower() == email else user_name,
        given_name=(name and name.given_name) or "",
        family_name=(name and name.family_name) or "",
        department=(work and work.department) or "",
        emails=_plain_values(wanted.emails),
        phones=_plain_values(wanted.phone_numbers),
    ).cleaned()


def _plain_values(values: Sequence[Any] | None) -> tuple[dict[str, Any], ...]:
    """Without those that have no value: nobody can be reached by them."""
    dumped = [{key: getattr(one, key) for key in ("value", "type", "primary")} for one in values or ()]
    return tuple(
        {key: value for key, value in one.items() if value is not None} for one in dumped if one["value"]
    )


def _with_defaults(document: Document, before: Any) -> Document:
    """What everybody has, where the provider does not say it."""
    filled = dict(document)
    if not has(filled, "active"):
        filled["active"] = True if before is None else before.active
    if not str(value_of(filled, "displayName") or "").strip():
        filled = {key: value for key, value in filled.items() if key.lower() != "displayname"}
        filled["displayName"] = full_name(document)
    return filled


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10]) if text and text.strip() else None
    except ValueError:
        raise invalid(_("Write days as 2026-11-30.")) from None


__all__ = ["Users", "external_id", "gone"]

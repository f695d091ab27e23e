from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Refused
from accounts.models import Company
from groupadmin.base.errors import Invalid
from groups import limits, notices, permissions
from groups.models import Group, Master, Notice

from . import mailing_list, photos
from .settings import Entries, GroupSettings, clean_features

CREATE = "group.create"


@audit.action
def create_group(company: Company, kind: str, settings: GroupSettings, *, actor: Actor) -> Group:
    """Adds a group (spec 2). Raises Refused or Invalid.

    A form that arrives twice gets the group that it made the first time.
    """
    company = lock_company(company.pk)
    _check_creator(company, kind, actor)
    if settings.form_key and (made := Group.objects.filter(form_key=settings.form_key).first()):
        if made.created_by_id == (actor.member.pk if actor.member else None) and made.deleted_at is None:
            return made
        raise Invalid(None, _("This form was sent before. Open the dialog again."))
    settings = settings.cleaned()
    check_name(company, settings.name)
    check_room_for_one_more(company)
    clean_features(settings.features, kind)
    _check_people(company, kind, settings, actor)
    _check_creator_is_master(company, settings, actor)

    group = Group(
        company=company,
        kind=kind,
        name=settings.name,
        description=settings.description,
        is_visible=settings.is_visible and kind == Group.Kind.INTERNAL,
        notifies=settings.notifies,
        grants_features=settings.grants_features,
        created_by=actor.member,
        form_key=settings.form_key,
        **{feature.value: feature in settings.features for feature in settings.features},
    )
    mailing_list.write_list(group, settings.mailing_list)
    photos.write_photo(group, settings, actor)
    _save(group)
    Master.objects.bulk_create(Master(group=group, member_id=pk) for pk in sorted(settings.masters))
    limits.write_entries(group, settings.entries, Entries(), actor)
    audit.record(actor, CREATE, group, _created(settings))
    if group.notifies:
        notices.tell_group(Notice.Kind.JOINED, group, actor=actor)
    return group


def _save(group: Group) -> None:
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError:
        # All else is checked under the company's lock; only another company can take the form's key.
        raise Invalid(None, _("This form was sent before. Open the dialog again.")) from None


def _check_creator(company: Company, kind: str, actor: Actor) -> None:
    may = permissions.may_create_groups
    if kind == Group.Kind.EXTERNAL:
        may = permissions.may_create_external_groups
    if not (verdict := may(actor, company)):
        raise Refused(CREATE, verdict.reason, company=company)


def _check_people(company: Company, kind: str, settings: GroupSettings, actor: Actor) -> None:
    if not settings.masters:
        raise Invalid("masters", _("Choose at least one master."))
    if kind == Group.Kind.INTERNAL and not settings.entries:
        raise Invalid("members", _("Choose at least one member, team or group."))
    limits.check_masters(actor, company, kind, settings.masters)
    limits.check_entries(actor, company, kind, settings.entries)
    limits.check_direct_groups(settings.entries.members)


def _check_creator_is_master(company: Company, settings: GroupSettings, actor: Actor) -> None:
    """A member who creates a group becomes its master (spec 1.5); administrators need not."""
    if permissions.may_administer(actor, company) or actor.member is None:
        return
    if actor.member.pk not in settings.masters:
        raise Invalid("masters", _("Who adds a group becomes its master: choose yourself, too."))


def check_name(company: Company, name: str, group: Group | None = None) -> None:
    """Raises Invalid if another group of the company has the name (spec 2.4). Needs the company's lock."""
    probe = Group(name=name)
    probe.fold_name()
    taken = Group.objects.filter(company=company, name_key=probe.name_key, deleted_at__isnull=True)
    if (taken.exclude(pk=group.pk) if group else taken).exists():
        raise Invalid("name", _("Your company already has a group with this name."))


def check_room_for_one_more(company: Company) -> None:
    """Raises Invalid if the plan's limit is reached (spec 2.2). Needs the company's lock."""
    if Group.objects.filter(company=company, deleted_at__isnull=True).count() >= company.group_limit:
        raise Invalid(
            None,
            _("Your company has %(limit)s groups, the most that the plan “%(plan)s” allows.")
            % {"limit": f"{company.group_limit:,}", "plan": company.get_plan_display()},
        )


def _created(settings: GroupSettings) -> audit.Changes:
    changes: audit.Changes = {name: [None, value] for name, value in settings.plain().items()}
    changes["masters"] = [None, limits.entry_names(Entries(members=settings.masters))]
    changes["members"] = [None, limits.entry_names(settings.entries)]
    if settings.mailing_list:
        changes |= audit.difference({}, mailing_list.plain(settings.mailing_list))
    return changes

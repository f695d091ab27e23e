from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor, Refused
from accounts.models import Company
from accounts.permissions import may_administer
from groupadmin.base.errors import Invalid, Taken
from groups import limits, notices, permissions
from groups.entries import Entries
from groups.models import NAME_TAKEN, Group, Master, Notice
from groups.models.switches import names_of

from . import mailing_list, photos
from .entries import entry_names, write_entries
from .settings import GroupSettings, check_features

CREATE = "group.create"
SENT_BEFORE = gettext_lazy("This form was already sent. Open the dialog again.")


@audit.action
def create_group(company: Company, kind: str, settings: GroupSettings, *, actor: Actor) -> Group:
    """Adds a group (rule 2). Raises Refused or Invalid.

    A form posted twice returns the group it added the first time (rule 5.8).
    """
    company = lock_company(company.pk)
    _check_creator(company, kind, actor)
    if settings.form_key and (made := Group.objects.filter(form_key=settings.form_key).first()):
        if made.created_by_id != (actor.member.pk if actor.member else None) or made.deleted_at is not None:
            raise Invalid(None, str(SENT_BEFORE))
        if made.name == settings.cleaned().name:
            return made
        # Who has gone back adds the next one with the same page.
        settings = replace(settings, form_key=None)
    settings = settings.cleaned()
    check_name(company, settings.name)
    limits.check_plan_limit(company)
    check_features(settings.switched_on, kind)
    settings = replace(settings, switched_on=settings.switched_on & names_of(kind))
    _check_people(company, kind, settings, actor)
    _check_creator_is_master(company, settings, actor)

    group = Group(
        company=company,
        kind=kind,
        name=settings.name,
        description=settings.description,
        created_by=actor.member,
        source=actor.source,
        form_key=settings.form_key,
    )
    group.switch(settings.switched_on)
    mailing_list.write_list(group, settings.mailing_list, actor)
    photos.write_photo(group, settings, actor)
    _save(group)
    Master.objects.bulk_create(
        Master(group=group, member_id=pk, source=actor.source) for pk in sorted(settings.masters)
    )
    write_entries(group, settings.entries, Entries(), actor)
    audit.record(actor, CREATE, group, _created(settings))
    if group.notifies:
        notices.tell_group(Notice.Kind.JOINED, group, actor=actor)
    return group


def _save(group: Group) -> None:
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError:
        # The rest is checked under the company's lock; only another company can take the form's key.
        raise Invalid(None, str(SENT_BEFORE)) from None


def _check_creator(company: Company, kind: str, actor: Actor) -> None:
    may = permissions.may_create_groups
    if kind == Group.Kind.EXTERNAL:
        may = permissions.may_create_external_groups
    if not (verdict := may(actor, company)):
        raise Refused(CREATE, verdict.reason, company=company)


def _check_people(company: Company, kind: str, settings: GroupSettings, actor: Actor) -> None:
    limits.check_masters(actor, company, kind, settings.masters)
    limits.check_some_master(settings.masters)
    limits.check_some_entry(actor, kind, settings.entries)
    limits.check_entries(actor, company, kind, settings.entries)
    limits.check_direct_groups(settings.entries.members)


def _check_creator_is_master(company: Company, settings: GroupSettings, actor: Actor) -> None:
    """A member who creates a group becomes its master (rule 1.5); administrators need not."""
    if may_administer(actor, company) or actor.member is None:
        return
    if actor.member.pk not in settings.masters:
        raise Invalid("masters", _("You must be a master of the groups you add. Choose yourself too."))


def check_name(company: Company, name: str, group: Group | None = None) -> None:
    """Raises Invalid if another group of the company has the name (rule 2.4). Needs the company's lock."""
    probe = Group(name=name)
    probe.fold_name()
    taken = Group.objects.live().filter(company=company, name_key=probe.name_key)
    if (taken.exclude(pk=group.pk) if group else taken).exists():
        raise Taken("name", str(NAME_TAKEN))


def _created(settings: GroupSettings) -> audit.Changes:
    changes: audit.Changes = {name: [None, value] for name, value in settings.plain().items()}
    changes["masters"] = [None, entry_names(Entries(members=settings.masters))]
    changes["members"] = [None, entry_names(settings.entries)]
    if settings.mailing_list:
        changes |= audit.difference({}, mailing_list.plain(settings.mailing_list))
    return changes

"""What can be done to many groups at once (rules 2.7, 2.17, 3.1, 5.2, 10.6)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings as django_settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.bulk.actions import BulkAction, Line, Outcome, Things, Values
from accounts.bulk.rehearsing import Pairs, parts, rolled_back
from accounts.models import Company, Member
from groupadmin.base.errors import Invalid
from groups.actions import (
    Entries,
    GroupSettings,
    add_masters,
    delete_group,
    edit_entries,
    remove_master,
    restore_group,
    update_group,
)
from groups.actions.entries import lock_with_companies_of
from groups.forms.bulk import MastersForm, SwitchesForm
from groups.listing.query import Scope, Wanted, matching
from groups.membership import effective, losses
from groups.models import Group, Membership

ASKED_AT_ONCE = 1_000
PEOPLE_COUNTED_OF = 2_000
"""Of more groups, the people are not counted while somebody waits for the question."""


def question(singular: Any, plural: Any) -> Any:
    """A question with the number of groups."""
    return lambda count: ngettext(singular, plural, count) % {"count": f"{count:,}"}


def locked(company: int, pk: int) -> Group | None:
    """The group, under the locks that its actions take: of an external one, those of all its companies."""
    group = Group.objects.filter(company=company, pk=pk).first()
    if group is None:
        return None
    if group.is_external:
        entered = group.entries.filter(member__isnull=False).values_list("member_id", flat=True)
        lock_with_companies_of(group, [*entered, *group.masters.values_list("member_id", flat=True)])
    else:
        lock_company(company)
    return Group.objects.select_related("company", "mailing_list").filter(pk=pk).first()


def _found(viewer: Member, company: Company, query: QueryDict) -> QuerySet[Group]:
    """The company's own groups: nobody changes those of others in bulk."""
    return matching(viewer, Scope.ALL, Wanted.read(query)).filter(company=company)


GROUPS = Things(
    name="groups",
    title=gettext_lazy("Groups"),
    back="groups:list",
    download="groups:list_table",
    model=Group,
    found=_found,
    locked=locked,
    all_text=gettext_lazy("All groups, on every page"),
)


# Deleting, and how it is undone


def delete(group: Group, values: Values, actor: Actor) -> Outcome:
    """Rule 2.17; it says of which groups it was part."""
    containers = list(
        Group.objects.filter(entries__subgroup=group).order_by("pk").values_list("pk", flat=True)
    )
    delete_group(group, actor=actor)
    return Outcome({"contained_in": containers} if containers else {}, raised=containers)


def restore(group: Group, values: Values, actor: Actor) -> Outcome | None:
    """Rule 2.17. Raises Invalid if its name or address is taken."""
    if group.deleted_at is None:
        return None
    restore_group(group, actor=actor)
    return Outcome()


def _put_back(pk: int, before: Values, actor: Actor) -> None:
    """A group's place in others that are there again, once all are restored."""
    containers = Group.objects.live().filter(pk__in=before.get("contained_in", ()))
    for container in containers.exclude(entries__subgroup=pk).order_by("pk"):
        try:
            edit_entries(container, Entries(groups=frozenset({pk})), Entries(), actor=actor)
        except Invalid:
            continue  # such as a loop that others have made possible meanwhile


def check_deletion(pairs: Pairs, actor: Actor) -> None:
    """Rule 10.5: what the groups that contain them lose by all of it together."""
    ids = {pk for pk, _values in pairs}
    inside = _inside_others(ids)
    if not inside:
        return
    entries = [entry for entry, _container, _contained in inside]
    touched = effective.touched_ids({container for _entry, container, _contained in inside}, ()).keys() - ids
    people = effective.people_ids_within((), (), {contained for _entry, _container, contained in inside})
    with rolled_back(), losses.watched(actor, people, touched):
        for part in parts(entries):
            Membership.objects.filter(pk__in=part).delete()


def _inside_others(ids: set[int]) -> list[tuple[int, int, int]]:
    """The entries by which these groups are in live ones that are not among them, as (entry, there, these).

    Of many groups, all that are in others are looked through: they are few, and lists of ids take long.
    """
    entries = Membership.objects.filter(subgroup__isnull=False, group__deleted_at=None)
    if len(ids) <= ASKED_AT_ONCE:
        entries = entries.filter(subgroup__in=ids)
    else:
        entries = entries.filter(group__company__in=Group.objects.filter(pk=min(ids)).values("company"))
    found = entries.order_by("pk").values_list("pk", "group_id", "subgroup_id")
    return [
        (entry, container, contained)
        for entry, container, contained in found
        if contained is not None and contained in ids and container not in ids
    ]


def _count_among(groups: QuerySet[Group], ids: Sequence[int]) -> int:
    """How many of the groups are among these."""
    if len(ids) <= ASKED_AT_ONCE:
        return groups.filter(pk__in=ids).count()
    return len({*ids} & {*groups.order_by().values_list("pk", flat=True)})


def _of_deletion(company: Company, ids: Sequence[int], actor: Actor) -> list[Line]:
    groups = Group.objects.live().filter(company=company)
    lines = []
    if len(ids) <= PEOPLE_COUNTED_OF:
        people = effective.people_ids_within((), (), ids).filter(is_active=True).distinct().count()
        said = ngettext(
            "%(count)s person loses access to a group.", "%(count)s people lose access to a group.", people
        )
        lines.append(Line("users", said % {"count": f"{people:,}"}))
    if external := _count_among(groups.filter(kind=Group.Kind.EXTERNAL), ids):
        said = ngettext(
            "%(count)s of the groups is external, with people of other companies.",
            "%(count)s of the groups are external, with people of other companies.",
            external,
        )
        lines.append(Line("globe", said % {"count": f"{external:,}"}))
    if lists := _count_among(groups.filter(uses_mailing_list=True), ids):
        said = ngettext(
            "Email to %(count)s address is refused, and the address becomes available to others.",
            "Email to %(count)s addresses is refused, and the addresses become available to others.",
            lists,
        )
        lines.append(Line("mail", said % {"count": f"{lists:,}"}))
    if inside := len({container for _entry, container, _contained in _inside_others({*ids})}):
        said = ngettext(
            "%(count)s other group contains one of these groups, and loses these people.",
            "%(count)s other groups contain one of these groups, and lose these people.",
            inside,
        )
        lines.append(Line("network", said % {"count": f"{inside:,}"}))
    days = django_settings.DELETED_GROUPS_KEPT_DAYS
    kept = _("For %(days)s days, administrators can restore them with everything in them.") % {"days": days}
    return [*lines, Line("history", kept)]


# Masters


def _add_masters(group: Group, values: Values, actor: Actor) -> Outcome | None:
    present = set(group.masters.values_list("member_id", flat=True))
    new = frozenset(values["members"]) - present
    if not new:
        return None
    add_masters(group, new, actor=actor)
    return Outcome({"members": sorted(new)})


def _remove_masters(group: Group, values: Values, actor: Actor) -> Outcome | None:
    """One after the other, so that the last one stays (rule 2.7)."""
    theirs = group.masters.filter(member__in=values["members"]).order_by("pk").select_related("member")
    removed = [master.member for master in theirs]
    for member in removed:
        remove_master(group, member, actor=actor)
    return Outcome({"members": [member.pk for member in removed]}) if removed else None


# Switches


def _switch(group: Group, values: Values, actor: Actor) -> Outcome | None:
    """Rules 3.1, 3.2, 5.2, by the action that saves the dialog."""
    present = GroupSettings.of(group, with_people=False)
    wanted = present.with_switches(**values["switches"])
    changed = wanted.switched_on ^ present.switched_on
    if not changed:
        return None
    try:
        update_group(group, wanted, group.version, actor=actor)
    except Invalid as invalid:
        if invalid.field != "address":
            raise
        said = _("This group has no address for a mailing list yet. Add one in its settings.")
        raise Invalid(None, said) from None
    return Outcome({"switches": {name: name in present.switched_on for name in sorted(changed)}})


def _make(is_visible: bool) -> Any:
    return lambda group, values, actor: _switch(group, {"switches": {"is_visible": is_visible}}, actor)


ACTIONS = [
    BulkAction(
        name="group.add_masters",
        things=GROUPS,
        label=gettext_lazy("Add masters"),
        icon="user-plus",
        title=gettext_lazy("Add masters"),
        question=question(
            "Who becomes a master of %(count)s group?", "Who becomes a master of %(count)s groups?"
        ),
        form=MastersForm,
        apply=_add_masters,
        undo=_remove_masters,
        undo_question=question(
            "Remove these masters from %(count)s group again?",
            "Remove these masters from %(count)s groups again?",
        ),
    ),
    BulkAction(
        name="group.remove_masters",
        things=GROUPS,
        label=gettext_lazy("Remove masters"),
        icon="user-x",
        title=gettext_lazy("Remove masters"),
        question=question(
            "Who is no longer a master of %(count)s group?", "Who is no longer a master of %(count)s groups?"
        ),
        form=MastersForm,
        apply=_remove_masters,
        undo=_add_masters,
        undo_question=question(
            "Add these masters to %(count)s group again?", "Add these masters to %(count)s groups again?"
        ),
    ),
    BulkAction(
        name="group.make_visible",
        things=GROUPS,
        label=gettext_lazy("Make visible"),
        icon="eye",
        title=gettext_lazy("Make groups visible"),
        question=question("Make %(count)s group visible?", "Make %(count)s groups visible?"),
        apply=_make(True),
        undo=_switch,
        undo_question=question("Make %(count)s group private again?", "Make %(count)s groups private again?"),
    ),
    BulkAction(
        name="group.make_private",
        things=GROUPS,
        label=gettext_lazy("Make private"),
        icon="lock",
        title=gettext_lazy("Make groups private"),
        question=question("Make %(count)s group private?", "Make %(count)s groups private?"),
        apply=_make(False),
        undo=_switch,
        undo_question=question("Make %(count)s group visible again?", "Make %(count)s groups visible again?"),
    ),
    BulkAction(
        name="group.switch",
        things=GROUPS,
        label=gettext_lazy("Switch features"),
        icon="settings",
        title=gettext_lazy("Switch features"),
        question=question("Switch features of %(count)s group", "Switch features of %(count)s groups"),
        form=SwitchesForm,
        apply=_switch,
        undo=_switch,
        undo_question=question(
            "Switch the features of %(count)s group back?", "Switch the features of %(count)s groups back?"
        ),
    ),
    BulkAction(
        name="group.delete",
        things=GROUPS,
        label=gettext_lazy("Delete"),
        icon="trash-2",
        title=gettext_lazy("Delete groups"),
        question=question("Delete %(count)s group?", "Delete %(count)s groups?"),
        apply=delete,
        undo=restore,
        check_losses=check_deletion,
        undo_question=question("Restore %(count)s group?", "Restore %(count)s groups?"),
        finish_undo=_put_back,
        consequences=_of_deletion,
        asks=True,
        wants_number=True,
        is_danger=True,
    ),
]

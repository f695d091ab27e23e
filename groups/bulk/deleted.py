"""What can be done to many recently deleted groups at once (rules 2.17, 10.6)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.bulk.actions import BulkAction, Line, Outcome, Things, Values
from accounts.models import Company
from groups.actions.delete import purge_group
from groups.models import Group

from .groups import check_deletion, delete, locked, question, restore

DELETED = Things(
    name="deleted-groups",
    title=gettext_lazy("Recently deleted"),
    back="groups:deleted",
    download="groups:deleted_table",
    model=Group,
    found=lambda viewer, company, query: Group.objects.deleted().filter(company=company),
    locked=locked,
    all_text=gettext_lazy("All groups, on every page"),
)


def _purge(group: Group, values: Values, actor: Actor) -> Outcome:
    purge_group(group, actor=actor)
    return Outcome()


def _of_purging(company: Company, ids: Sequence[int], actor: Actor) -> list[Line]:
    return [
        Line(
            "trash-2",
            _("Everything in their rooms is deleted too: messages, files, notes, tasks and events."),
        ),
        Line("triangle-alert", _("This cannot be undone, not even by administrators."), is_warning=True),
    ]


ACTIONS = [
    BulkAction(
        name="group.restore",
        things=DELETED,
        label=gettext_lazy("Restore"),
        icon="history",
        title=gettext_lazy("Restore groups"),
        question=question("Restore %(count)s group?", "Restore %(count)s groups?"),
        apply=restore,
        undo=delete,
        check_undo_losses=check_deletion,
        undo_question=question("Delete %(count)s group again?", "Delete %(count)s groups again?"),
    ),
    BulkAction(
        name="group.purge",
        things=DELETED,
        label=gettext_lazy("Delete permanently"),
        icon="trash-2",
        title=gettext_lazy("Delete groups permanently"),
        question=question("Delete %(count)s group permanently?", "Delete %(count)s groups permanently?"),
        apply=_purge,
        consequences=_of_purging,
        asks=True,
        wants_number=True,
        is_danger=True,
    ),
]

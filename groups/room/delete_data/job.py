"""The deletion of a feature's data as a job, which the worker runs in steps (rule 3.4)."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.jobs import engine
from accounts.models import Job
from groups.models import Feature, Group

from .actions import ask_to_delete, delete_data

NAME = "group.delete_data"


def start_data_deletion(group: Group, feature: Feature, entered_name: str, *, actor: Actor) -> Job:
    """Deletes the data of a feature as a job (rule 3.4). Raises Refused, or Invalid ("typed")."""
    with transaction.atomic():
        amount, upto = ask_to_delete(group, feature, entered_name, actor=actor)
        asked = {"group": group.pk, "feature": feature.value, "upto": upto, "what": amount.label}
        return engine.start(NAME, group.company, asked, actor=actor)


def _delete_data(job: Job, actor: Actor, progress: Progress) -> str:
    delete_data(job.arguments["group"], Feature(job.arguments["feature"]), job.arguments["upto"], progress)
    return _("Deleted: %(what)s.") % {"what": job.arguments["what"]}


KIND = engine.Kind(
    gettext_lazy("Delete data"),
    "groups:settings_of",
    _delete_data,
    is_in_steps=True,
    back_arguments=("group",),
)


def register() -> None:
    """Registers this kind of job when the program starts."""
    engine.register(NAME, KIND)

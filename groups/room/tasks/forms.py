"""The form for a task (rule 3.5)."""

from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from accounts.pickers import PickerField, give_scope
from accounts.pickers.boxes import BoxesWidget
from accounts.pickers.scope import Scope
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.form_fields import LineField, TextField, show_invalid
from groups.entries import Entries
from groups.models import Task
from groups.pickers import GroupScope, Purpose
from groups.room.access import Entered

from . import actions
from .actions import TaskText
from .reading import hidden_and_inside

LARGEST_VERSION = 2**31 - 1


class AssigneesWidget(BoxesWidget):
    """Without picker.js, checkboxes: people of a group know each other by name, not by address."""

    def placeholder(self, scope: Scope) -> str:
        return str(gettext_lazy("Find people in this group"))


class TaskForm(forms.Form):
    """A new or existing task. The action finds what is wrong with the input."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LARGEST_VERSION)
    title = LineField(
        label=gettext_lazy("Title"),
        most=actions.TITLE_LENGTH,
        code_points=actions.TITLE_CODE_POINTS,
        error_messages={"required": gettext_lazy("Enter a title.")},
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due date"),
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d",
            attrs={
                "type": "date",
                "class": "form-control",
                "min": actions.EARLIEST.isoformat(),
                "max": actions.LATEST.isoformat(),
            },
        ),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Enter a date, such as 2026-11-30.")},
    )
    assignees = PickerField(label=gettext_lazy("Assigned to"), required=False, widget=AssigneesWidget)
    notes = TextField(
        label=gettext_lazy("Notes"),
        required=False,
        most=actions.NOTES_LENGTH,
        code_points=actions.NOTES_CODE_POINTS,
    )

    def __init__(
        self, data: QueryDict | None = None, *, here: Entered, task: Task | None = None, title: str = ""
    ) -> None:
        self.here, self.task = here, task
        super().__init__(data, initial=_initial(here, task) if task else {"version": 0, "title": title})
        give_scope(self, "assignees", GroupScope.of(here.group, Purpose.ASSIGNEES, here.actor))
        self.fields["title"].widget.attrs["data-counter"] = "id_title_count"
        self.fields["notes"].widget.attrs |= {"data-counter": "id_notes_count", "rows": 6}

    def clean_assignees(self) -> Entries:
        """People only, whatever was posted."""
        chosen: Entries = self.cleaned_data["assignees"]
        if chosen != Entries(members=chosen.members):
            raise ValidationError(gettext_lazy("Only people in this group can be assigned a task."))
        return chosen

    def save(self) -> Task | None:
        """The saved task; None if a field has an error.

        Raises Refused or Conflict.
        """
        if not self.is_valid():
            return None
        cleaned = self.cleaned_data
        text = TaskText(
            cleaned["title"], cleaned["notes"], cleaned["due_on"], frozenset(cleaned["assignees"].members)
        )
        try:
            if self.task is None:
                return actions.add(self.here.group, text, actor=self.here.actor)
            return actions.edit(
                self.here.group, self.task.pk, text, version=cleaned["version"], actor=self.here.actor
            )
        except Invalid as problem:
            show_invalid(self, problem)
        return None

    def take_version(self, conflict: Conflict) -> None:
        """Takes over the other change's version, so that saving again overwrites it."""
        data = cast(QueryDict, self.data).copy()
        data["version"] = str(conflict.version)
        self.data = data


def _initial(here: Entered, task: Task) -> dict[str, object]:
    people = [one.member for one in task.assignees.all()]
    hidden, _inside = hidden_and_inside(here, people)
    shown = frozenset(person.pk for person in people) - hidden
    return {
        "version": task.version,
        "title": task.title,
        "notes": task.notes,
        "due_on": task.due_on,
        "assignees": Entries(members=shown),
    }

"""Filters entries of the audit (rule 8.3): by period, person, group, task, door and result."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import AuditEntry, Company
from groupadmin.base.finding import of_one_line
from groupadmin.base.ids import parse_id
from groupadmin.base.paging import EARLIEST_YEAR, LATEST_YEAR
from groupadmin.base.text import clean_line, fold

from . import labels

TYPED_LENGTH = 200
TODAY, CUSTOM, DEFAULT = "1", "custom", "30"
PERIODS = [
    (TODAY, gettext_lazy("Today")),
    ("7", gettext_lazy("Last 7 days")),
    (DEFAULT, gettext_lazy("Last 30 days")),
    ("180", gettext_lazy("Last 180 days")),
    (CUSTOM, gettext_lazy("Custom range")),
]
PERIOD_FIELDS = ("period", "since", "until")
ANY = pgettext_lazy("filter of the audit", "Any")

_TARGET = re.compile(r"([a-z]{1,20})-([0-9]{1,19})")


class SearchTextField(forms.CharField):
    """Part of a name or an address, cleaned."""

    def __init__(self, **kwargs: Any) -> None:
        typed = {"type": "search", "dir": "auto", "autocomplete": "off", "maxlength": TYPED_LENGTH}
        super().__init__(required=False, **{"widget": forms.TextInput(typed), **kwargs})

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")[:TYPED_LENGTH]


class DayField(forms.DateField):
    """A day as browsers send it, within the range that time zones can handle."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(required=False, input_formats=["%Y-%m-%d"], widget=widget, **kwargs)
        self.error_messages["invalid"] = gettext_lazy("Enter a date, such as 2026-01-31.")

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date) and not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
            raise ValidationError(_("Choose a date after 1969."))


def _tasks() -> list[Any]:
    return [
        ("", ANY),
        *(
            (section, [(name, words.label) for name, words in tasks.items()])
            for section, tasks in labels.sections().items()
        ),
    ]


class AuditFilters(forms.Form):
    """The filter bar above the list. Its fields are the URL's parameters; the default is the last 30 days.

    People and groups are found by text, which also finds deleted ones; links from entries filter by exactly
    one id: `who` for a person, `of` for any object.
    """

    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=PERIODS, required=False)
    since = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("To"))
    person = SearchTextField(label=gettext_lazy("Person"))
    group = SearchTextField(label=gettext_lazy("Group"))
    task = forms.ChoiceField(label=gettext_lazy("Action"), choices=_tasks, required=False)
    door = forms.ChoiceField(
        label=gettext_lazy("Source"), choices=[("", ANY), *AuditEntry.Door.choices], required=False
    )
    result = forms.ChoiceField(
        label=gettext_lazy("Result"), choices=[("", ANY), *AuditEntry.Result.choices], required=False
    )
    who = SearchTextField(widget=forms.HiddenInput)
    of = SearchTextField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        wanted = {name: data.get(name, "") for name in self.base_fields}
        wanted["period"] = wanted["period"] or (CUSTOM if wanted["since"] or wanted["until"] else DEFAULT)
        super().__init__(wanted)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs |= {"class": f"{kind} {kind}-sm"}
        self.fields["person"].widget.attrs["placeholder"] = _("Name or address")
        self.fields["group"].widget.attrs["placeholder"] = _("Name")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if cleaned.get("period") == CUSTOM and since and until and since > until:
            self.add_error("until", _("Choose a day on or after the “From” day."))
        return cleaned

    @property
    def narrows(self) -> bool:
        """Whether anything but the period is filtered."""
        return any(
            value for name, value in self.cleaned_data.items() if name not in ("period", "since", "until")
        )

    @property
    def query(self) -> QueryDict:
        """The filters that are set, as URL parameters."""
        query = QueryDict(mutable=True)
        for name in self.fields:
            value = self.cleaned_data.get(name)
            is_day = name in ("since", "until")
            if value and not (is_day and self.cleaned_data.get("period") != CUSTOM):
                query[name] = value.isoformat() if isinstance(value, date) else value
        return query

    def without(self, name: str) -> str:
        """The URL of the page without this filter."""
        query = self.query
        query.pop(name, None)
        return f"?{query.urlencode()}"

    @property
    def told(self) -> dict[str, str]:
        """The filters that are set, for the audit of a download."""
        return {name: str(value) for name, value in self.query.items()}

    @property
    def person_id(self) -> int | None:
        return parse_id(self.cleaned_data["who"])

    @property
    def target(self) -> tuple[str, int] | None:
        """The kind and id of the object filtered by."""
        match = _TARGET.fullmatch(self.cleaned_data["of"])
        pk = parse_id(match.group(2)) if match else None
        return (match.group(1), pk) if match and pk else None

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day, in the reader's time zone."""
        cleaned = self.cleaned_data
        if cleaned["period"] == CUSTOM:
            return cleaned["since"], cleaned["until"]
        return timezone.localdate() - timedelta(days=int(cleaned["period"]) - 1), None

    @property
    def file_name(self) -> str:
        """The period, for a file name."""
        first, last = self.days
        return "-".join(day.isoformat() for day in (first, last or timezone.localdate()) if day)

    def entries(self, company: Company) -> QuerySet[AuditEntry]:
        """The company's matching entries, unsorted; without the columns that are only for searching."""
        found = AuditEntry.objects.filter(self._condition(), company_id=company.pk)
        return found.defer("people_folded", "groups_folded").order_by()

    def _condition(self) -> Q:
        first, last = self.days
        cleaned = self.cleaned_data
        condition = Q()
        if first:
            condition &= Q(at__gte=midnight(first))
        if last:
            condition &= Q(at__lt=midnight(last + timedelta(days=1)))
        for name, field in (("person", "people_folded"), ("group", "groups_folded")):
            if folded := fold(cleaned[name]):
                # Entries from before rule 12.2 have the folded names alone.
                condition &= Q(**{f"{field}__contains": folded}) | of_one_line(field, cleaned[name])
        for name, field in (("task", "action"), ("door", "door"), ("result", "result")):
            if cleaned[name]:
                condition &= Q(**{field: cleaned[name]})
        if self.person_id:
            condition &= Q(actor_id=self.person_id) | Q(target_kind="member", target_id=self.person_id)
        if self.target:
            condition &= Q(target_kind=self.target[0], target_id=self.target[1])
        return condition


def midnight(day: date) -> datetime:
    """The start of a day in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))

"""Lists that stay fast at 100,000 rows: no full counts, no full sorts, no query per row."""

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from groupadmin.base.finding import finds
from groupadmin.base.ids import is_safe_value, parse_id
from groupadmin.base.templatetags.groupadmin import name
from groupadmin.base.text import clean_line, fold

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

COUNTED_AT_MOST = 5_000
LONGEST_SEARCH = 200


def shown(value: object) -> SafeString | str:
    """A name for the cell of a list."""
    return name(value) if value is not None else "-"


def name_column(description: "str | _StrPromise", of: str = "") -> Callable[[Any, Any], SafeString | str]:
    """A column with the row's own name, or with that of a related row, such as "team.company"."""

    @admin.display(description=description)
    def column(_model_admin: object, row: Any) -> SafeString | str:
        return shown((attrgetter(of)(row) if of else row) or None)

    return column


def list_link(label: object, view: str, **params: int | None) -> SafeString:
    """A link to another list, filtered by one row."""
    address = reverse(f"admin:{view}_changelist")
    query = urlencode({key: value or 0 for key, value in params.items()})
    return format_html('<a href="{}?{}">{}</a>', address, query, label)


def those_named(model: type[Model], term: str) -> QuerySet[Any, Any]:
    """Rows found by name, for a condition on rows that point to them: no join for every row."""
    match = finds("name_search", term)
    if any(field.name == "email" for field in model._meta.fields):
        match |= Q(email__contains=term)
    return model._default_manager.filter(match).order_by().values("pk")


class BoundedPaginator(Paginator[Any]):
    """Counts and pages up to a limit, as nobody pages further: they search."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:COUNTED_AT_MOST].count()
        return len(rows)

    @property
    def is_cut(self) -> bool:
        return self.count >= COUNTED_AT_MOST


class OnlyOne(admin.SimpleListFilter):
    """Filters a list by one related row. Shown only when it is set, as there are too many rows to offer."""

    parameter_name: str
    model: type[Model]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[Any, str]]:
        thing = self.model._default_manager.filter(pk=pk).first() if (pk := parse_id(self.value())) else None
        return [(self.value(), str(thing) if thing else "?")] if self.value() else []

    def has_output(self) -> bool:
        return self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        pk = parse_id(self.value())
        return queryset.none() if pk is None else queryset.filter(**{self.parameter_name: pk})


def only_one(parameter: str, model: type[Model], title: str | Promise) -> type[OnlyOne]:
    """A filter class for the model's rows, such as `only_one("company", Company, _("company"))`."""
    return type("OnlyOneOf", (OnlyOne,), {"parameter_name": parameter, "model": model, "title": title})


class ListAdmin(admin.ModelAdmin[Any]):
    """A fast list that survives whatever is entered in its URL."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200
    # The primary key has an index; sorting by anything else would read the whole table.
    ordering = ["-pk"]
    sortable_by: ClassVar[Any] = ()
    change_list_template = "admin/bounded_change_list.html"

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Takes ids that no row can have for no choice, where Django would fail."""
        if not all(map(self.is_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            messages.warning(request, _("Something you chose is no longer available. Choose again."))
            return None
        return super().response_action(request, queryset, *args, **kwargs)

    def is_id(self, raw: str) -> bool:
        """Whether a row of the list can have it as its primary key."""
        return parse_id(raw) is not None

    def option_text(self, obj: Any) -> str:
        """The label in an autocomplete field."""
        return str(obj)

    def matches(self, term: str) -> Q:
        """The search condition: the name, as people look for it (rule 12.2)."""
        return finds("name_search", term)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = fold(clean_line(search_term))[:LONGEST_SEARCH]
        return (queryset.filter(self.matches(term)) if term else queryset), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allows only the lookups that the list's own filters use, with values that a database accepts."""
        allowed = set()
        for given in self.list_filter:
            if isinstance(given, str):
                allowed |= {given, f"{given}__exact", f"{given}__isnull"}
            elif isinstance(given, type) and issubclass(given, admin.SimpleListFilter):
                allowed.add(given.parameter_name or "")
        return lookup in allowed and is_safe_value(value)


class ReadOnlyAdmin(ListAdmin):
    """For viewing only: such rows come and go with those that they belong to."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

"""The form field and its widget.

In a form:

    members = PickerField(label=_("Member(s)"))

    def __init__(self, ..., actor, company, kind, group=None):
        super().__init__(...)
        self.fields["members"].scope = PickScope(actor, company, kind, Purpose.MEMBERS, group)

`initial` is an `Entries`, and so is the cleaned value. For fields that hold people only take its `.members`.
Whether what was chosen may be chosen is for the actions to say: the field refuses only addresses that it
cannot find and more than MOST_CHOICES things.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.template import loader
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groupadmin.base.text import isolated
from groups.actions.settings import Entries

from .addresses import resolve
from .choice import choices_of, describe
from .scope import PickScope, Purpose
from .tokens import Typed, entries_of, parse, tokens_of

MOST_CHOICES = 20_000
MOST_ADDRESSES = 10_000
CHIPS_SHOWN = 200
BOXES_SHOWN = 500
MISSING_NAMED = 20
MISSING_LENGTH = 100


class PickerWidget(forms.Textarea):
    """A text area of addresses and tokens, which picker.js turns into a combobox with chips."""

    template_name = "groups/pickers/widget.html"
    scope: PickScope | None = None

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"class": "form-control", "rows": 3, "spellcheck": "false", "autocomplete": "off"} | (attrs or {})
        )

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.scope is None:
            raise TypeError(f"Give the picker field {name!r} a scope.")
        typed = parse(str(value or ""))
        shown = typed.tokens[:CHIPS_SHOWN]
        more = len(typed.tokens) - len(shown)
        context["picker"] = {
            "attributes": flatatt(context["widget"]["attrs"]),
            "scope": self.scope,
            "chips": describe(self.scope, shown),
            "more": more,
            "more_text": _("and {count} more").format(count=f"{more:,}"),
            "placeholder": self._placeholder(self.scope),
        }
        return context

    @staticmethod
    def _placeholder(scope: PickScope) -> str:
        if scope.takes_all_kinds:
            return _("Add people, teams or groups")
        if scope.purpose is Purpose.CROWD:
            return _("Add people or teams")
        if scope.purpose is Purpose.CONTACTS:
            return _("Find by name or company")
        if not scope.is_own:
            return _("People of this group")
        return _("Add teams") if scope.takes_teams else _("Add people")

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        # Rendered by the project's own template engine, which knows names, icons and translations.
        context = self.get_context(name, value, attrs)
        return mark_safe(loader.get_template(self.template_name).render(context))


class ContactsWidget(PickerWidget):
    """For the actor's Contacts, who have no addresses to type: without picker.js, boxes to tick."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """All that was sent by the name: what is ticked, and what the combobox has written."""
        return "\n".join(data.getlist(name)) if hasattr(data, "getlist") else data.get(name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        assert self.scope is not None  # noqa: S101  (asked by the parent)
        typed = parse(str(value or ""))
        people = self.scope.members().select_related("company").order_by("name_sort", "pk")
        boxes = choices_of(self.scope, list(people[:BOXES_SHOWN]))
        offered = {choice.token for choice in boxes}
        # What was chosen and cannot be any more has a box too, so that it can be taken out.
        others = [token for token in typed.tokens if token not in offered]
        context["picker"] |= {
            "boxes": [*boxes, *describe(self.scope, others[:CHIPS_SHOWN])],
            "ticked": typed.tokens,
        }
        context["widget"]["value"] = "\n".join(typed.rest)
        return context


class PickerField(forms.Field):
    """People, and for some purposes teams and groups, as one text: thousands fit into one form field."""

    widget = PickerWidget

    _scope: PickScope | None = None

    @property
    def scope(self) -> PickScope:
        if self._scope is None:
            raise TypeError("Give the picker field a scope.")
        return self._scope

    @scope.setter
    def scope(self, scope: PickScope) -> None:
        self._scope = scope
        self.widget.scope = scope

    def prepare_value(self, value: Any) -> str:
        return "\n".join(tokens_of(value)) if isinstance(value, Entries) else str(value or "")

    def to_python(self, value: Any) -> Entries:
        if isinstance(value, Entries):
            return value
        typed = parse(str(value or ""))
        if problem := too_much(typed):
            raise ValidationError(problem, code="too_much")
        found = resolve(self.scope, typed.addresses)
        if missing := [*found.missing, *typed.unknown]:
            raise ValidationError(missing_message(missing), code="not_found")
        return typed.entries | entries_of(found.tokens.values())

    def validate(self, value: Entries) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        typed = parse(self.prepare_value(data))
        before = parse(self.prepare_value(initial))
        return bool(typed.rest) or typed.entries != before.entries


def too_much(typed: Typed) -> str:
    """What is too much at once, so that the queries stay within what the databases take; empty if nothing."""
    if len(typed.rest) > MOST_ADDRESSES:
        return _("At most %(most)s addresses at once.") % {"most": f"{MOST_ADDRESSES:,}"}
    if len(typed.tokens) > MOST_CHOICES:
        return _("At most %(most)s choices. Choose teams or groups instead of single people.") % {
            "most": f"{MOST_CHOICES:,}"
        }
    return ""


def missing_message(missing: list[str]) -> str:
    """Names what was not found, the first ones in full."""
    names = ", ".join(isolated(text[:MISSING_LENGTH]) for text in missing[:MISSING_NAMED])
    if (more := len(missing) - MISSING_NAMED) > 0:
        return ngettext(
            "Not found: %(names)s and %(more)s more", "Not found: %(names)s and %(more)s more", more
        ) % {"names": names, "more": f"{more:,}"}
    return _("Not found: %(names)s") % {"names": names}

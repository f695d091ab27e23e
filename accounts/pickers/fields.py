"""The form field and its widget.

In a form:

    people = PickerField(label=_("People"))

    def __init__(self, ..., actor, company):
        super().__init__(...)
        give_scope(self, "people", CompanyScope(actor, company, Purpose.PEOPLE))

`initial` and the cleaned value are `Chosen`; for a field of people use its `.members`. The actions decide
whether something may be chosen: the field only refuses addresses that it cannot find and more than
MOST_CHOICES choices.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.template import loader
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groupadmin.base.form_fields import field_of
from groupadmin.base.text import isolated

from .addresses import resolve
from .chosen import Chosen
from .describing import describe
from .scope import Scope
from .tokens import Typed, chosen_of, parse, tokens_of

MOST_CHOICES = 20_000
MOST_ADDRESSES = 10_000
CHIPS_SHOWN = 200
MISSING_NAMED = 20
MISSING_LENGTH = 100


class PickerWidget(forms.Textarea):
    """A text area of addresses and tokens, which picker.js turns into a combobox with chips."""

    template_name = "pickers/widget.html"
    scope: Scope | None = None

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"class": "form-control", "rows": 3, "spellcheck": "false", "autocomplete": "off"} | (attrs or {})
        )

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        scope = self.given_scope()
        typed = parse(str(value or ""))
        shown = typed.tokens[:CHIPS_SHOWN]
        more = len(typed.tokens) - len(shown)
        context["picker"] = {
            "attributes": flatatt(context["widget"]["attrs"]),
            "scope": scope,
            "chips": describe(scope, shown),
            "more": more,
            "more_text": _("and {count} more").format(count=f"{more:,}"),
            "placeholder": self.placeholder(scope),
        }
        return context

    def given_scope(self) -> Scope:
        """The scope, which the form must set."""
        if self.scope is None:
            raise TypeError("Give the picker field a scope.")
        return self.scope

    def placeholder(self, scope: Scope) -> str:
        """The placeholder of the empty field."""
        return scope.placeholder

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        # Rendered by the project's own template engine, which has its template tags and translations.
        context = self.get_context(name, value, attrs)
        return mark_safe(loader.get_template(self.template_name).render(context))


class PickerField(forms.Field):
    """People, and for some purposes teams and groups, as one text: thousands fit into one form field."""

    widget = PickerWidget

    _scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        if self._scope is None:
            raise TypeError("Give the picker field a scope.")
        return self._scope

    @scope.setter
    def scope(self, scope: Scope) -> None:
        self._scope = scope
        self.widget.scope = scope

    def prepare_value(self, value: Any) -> str:
        return "\n".join(tokens_of(value)) if isinstance(value, Chosen) else str(value or "")

    def to_python(self, value: Any) -> Chosen:
        if isinstance(value, Chosen):
            return value
        typed = parse(str(value or ""))
        if problem := too_much(typed):
            raise ValidationError(problem, code="too_much")
        found = resolve(self.scope, typed.addresses)
        if missing := [*found.missing, *typed.unknown]:
            raise ValidationError(missing_message(missing), code="not_found")
        return typed.chosen | chosen_of(found.tokens.values())

    def validate(self, value: Chosen) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        typed = parse(self.prepare_value(data))
        before = parse(self.prepare_value(initial))
        return bool(typed.rest) or typed.chosen != before.chosen


def give_scope(form: forms.BaseForm, name: str, scope: Scope) -> PickerField:
    """Sets what the form's picker of that name offers. Returns its field."""
    picker = field_of(form, name, PickerField)
    picker.scope = scope
    return picker


def too_much(typed: Typed) -> str:
    """Why it is too much at once, to keep queries within the databases' limits; empty if it is not."""
    if len(typed.rest) > MOST_ADDRESSES or (typed.is_cut and not typed.tokens):
        return _("Add at most %(most)s addresses at once.") % {"most": f"{MOST_ADDRESSES:,}"}
    if len(typed.tokens) > MOST_CHOICES or typed.is_cut:
        return _("Choose at most %(most)s. Teams or groups can stand in for many people.") % {
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

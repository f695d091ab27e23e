"""Changes in Django admin, made by the same actions as on the pages (rule 7)."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import FileField, ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.deactivation import DeactivationTouches
from accounts.actions.members import LocalAndDomain
from accounts.actions.origin import LONGEST_ID, LONGEST_SOURCE, Thing, set_origin
from accounts.actor import Actor, Door, Refused
from accounts.audit import record_refusal
from accounts.consequences import Departures
from accounts.jobs.changes import Asks, hidden_fields
from accounts.models import Company, Domain, Job
from groupadmin.base.admin.fields import OneSelect
from groupadmin.base.admin.lists import ListAdmin
from groupadmin.base.errors import Conflict, Invalid
from groupadmin.base.ids import parse_id

LISTED_AT_MOST = 100
LARGEST_VERSION = 2**31 - 1


def version_field() -> forms.IntegerField:
    """The version that the person saw, so that two people do not overwrite each other (rule 2.18)."""
    return forms.IntegerField(
        min_value=1, max_value=LARGEST_VERSION, required=False, widget=forms.HiddenInput
    )


class ActionForm(forms.ModelForm[Any]):
    """A form that calls its action during validation, so that the action's errors appear next to fields.

    Admin validates and saves in one transaction. The model's own checks are skipped: the action has them all.
    """

    actor: Actor
    # The form's names for fields that the actions call something else.
    beside: dict[str, str] = {}
    # Who would leave external groups (rule 2.15). If set, the page asks, and nothing has been done.
    departures: Departures | None = None
    # What deactivating somebody touches (rule 2.23), if the page asks about that.
    touches: DeactivationTouches | None = None
    # The job, if the worker does part of it.
    job: Job | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Django fills in what it derives from the model, not the fields that we declare ourselves.
            for field in self.instance._meta.concrete_fields:
                if field.name in self.fields and not isinstance(field, FileField):
                    self.initial.setdefault(field.name, field.value_from_object(self.instance))
        if "version" in self.fields and self.instance.pk:
            self.initial.setdefault("version", self.instance.version)
            self.fields["version"].required = True

    @property
    def is_confirmed(self) -> bool:
        """Whether the person has confirmed."""
        return "confirmed" in self.data

    def check_version(self, now: int) -> int:
        """The version of a locked object, if it is the one that the form was opened at, or nothing changes.

        Raises Conflict. For forms that call several actions, each of which increments it.
        """
        if now != self.cleaned_data["version"]:
            is_changed = bool(set(self.changed_data) - {"version"})
            if is_changed or now != self.instance.version:
                raise Conflict(now)
        return now

    def apply(self) -> Model:
        """Calls the action, or several. Raises what they raise."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.instance = self.apply()
        except Asks as asks:
            self.departures, self.touches = asks.departures, asks.touches
            self.add_error(None, _("Confirm this first."))
        except Invalid as problem:
            self.add_error(self._field(problem.field), problem.message)
        except Conflict:
            message = _("Someone else changed this while you were editing. Reload the page and try again.")
            self.add_error(None, message)
        except Refused as refusal:
            record_refusal(self.actor, refusal)
            self.add_error(None, refusal.reason)
        except ObjectDoesNotExist:
            self.add_error(None, _("Something you chose is no longer available. Choose again."))
        except IntegrityError:
            self.add_error(None, _("Someone else saved the same thing at this moment. Try again."))

    def _field(self, name: str | None) -> str | None:
        name = self.beside.get(name or "", name)
        return name if name in self.fields else None


def split_address(company: Company, email: str, field: str) -> LocalAndDomain:
    """An address in the form that actions take. Raises Invalid if it is at no domain of the company."""
    local_part, _at, name = email.rpartition("@")
    domain = Domain.objects.usable().filter(company=company, name=name.lower()).first()
    if domain is None:
        raise Invalid(field, _("%(address)s is not at one of the company's domains.") % {"address": email})
    return local_part, domain.pk


class OriginForm(ActionForm):
    """With the fields of where a thing comes from, once it is there (rule 10.4)."""

    source = forms.CharField(
        label=gettext_lazy("Source"),
        required=False,
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy("The system that it comes from, and that may change it. Empty: made by hand."),
    )
    external_id = forms.CharField(
        label=gettext_lazy("External ID"),
        required=False,
        max_length=LONGEST_ID,
        help_text=gettext_lazy("The ID of it in that system."),
    )

    def with_origin(self, thing: Thing) -> Thing:
        """Sets the origin too, if the page shows it. Raises what set_origin raises."""
        if "external_id" not in self.fields:
            return thing
        data = self.cleaned_data
        return set_origin(thing, data["source"], data["external_id"], actor=self.actor)


def origin_fields(*, folded: bool) -> tuple[Any, dict[str, Any]]:
    """The part of a page with these fields."""
    return _("Origin"), {"fields": ["source", "external_id"], "classes": ["collapse"] if folded else []}


class ActionAdmin(ListAdmin):
    """Adds and changes through an ActionForm, and deletes through `remove`."""

    form: type[ActionForm]
    delete_confirmation_template = "admin/touching_delete_confirmation.html"
    delete_selected_confirmation_template = "admin/touching_delete_selected_confirmation.html"

    def remove(self, objs: Sequence[Any], actor: Actor) -> None:
        """Deletes rows by calling an action. Raises what it raises."""
        raise NotImplementedError

    def touched(self, obj: Any) -> list[str]:
        """What a deletion affects, to show before confirming."""
        return []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with the fields that the page shows, and with the actor."""
        wanted = kwargs.get("fields") or flatten_fieldsets(self.get_fieldsets(request, obj))
        own = kwargs.get("form", self.form).declared_fields
        kwargs["fields"] = [name for name in wanted if name not in own]
        form = super().get_form(request, obj, change=change, **kwargs)
        unwanted: dict[str, Any] = dict.fromkeys(own.keys() - set(wanted))
        return type(form.__name__, (form,), unwanted | {"actor": Actor.of(request, Door.ADMIN)})

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["widget"] = OneSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing left to do: see ActionForm. response_change will need the job."""
        request.job = form.job  # type: ignore[attr-defined]
        request.changed_fields = form.changed_data  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing left to do: see ActionForm."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Asks for confirmation, with numbers, if people would leave groups (rules 2.15, 2.23)."""
        departures = getattr(context["adminform"].form, "departures", None)
        if departures is None:
            return super().render_change_form(request, context, *args, **kwargs)
        asked = context | {
            "opts": self.opts,
            "departures": departures,
            "touches": context["adminform"].form.touches,
            "hidden_fields": hidden_fields(request.POST),
        }
        return TemplateResponse(request, "admin/confirm_departures.html", asked)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Redirects to the job, if there is one."""
        job: Job | None = getattr(request, "job", None)
        return redirect("accounts:job", job.pk) if job else super().response_change(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove([obj], Actor.of(request, Door.ADMIN))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.remove(list(queryset), Actor.of(request, Door.ADMIN))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Names what an action would affect; Django's own way loads every related row."""
        tree: list[Any] = []
        for obj in list(objs)[:LISTED_AT_MOST]:
            tree.append(str(obj))
            if touched := self.touched(obj):
                tree.append(touched)
        return tree, {self.opts.verbose_name_plural: len(objs)}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self._all_or_nothing(request, lambda: view(request, object_id, extra_context))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().changelist_view
        if request.method != "POST":
            return view(request, extra_context)
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if request.POST.get("select_across") == "1" or any(parse_id(pk) is None for pk in chosen):
            self.message_user(request, _("Choose from the list."), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return self._all_or_nothing(request, lambda: view(request, extra_context))

    def _all_or_nothing(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """Runs a view in one transaction; if an action refuses, nothing is done and the reason is shown."""
        if request.method != "POST":
            return view()
        try:
            with transaction.atomic():
                return view()
        except Refused as refusal:
            record_refusal(Actor.of(request, Door.ADMIN), refusal)
            reason = refusal.reason
        except Invalid as problem:
            reason = problem.message
        except Conflict:
            reason = _("Someone else changed this while you were editing. Reload the page and try again.")
        self.message_user(request, reason, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class AddAndDeleteAdmin(ActionAdmin):
    """For rows that hold a single fact: they are added and deleted, never changed."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

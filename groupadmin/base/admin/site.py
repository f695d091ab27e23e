from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.decorators import login_not_required
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from .lists import ListAdmin


class Options(AutocompleteJsonView):
    """The options of an autocomplete field, each with enough detail to tell it from its namesakes."""

    model_admin: admin.ModelAdmin[Any]

    def get_queryset(self) -> QuerySet[Model]:
        options: QuerySet[Model] = super().get_queryset()
        related = self.model_admin.list_select_related
        return options.select_related(*related) if isinstance(related, (list, tuple)) else options

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        if isinstance(self.model_admin, ListAdmin):
            result["text"] = self.model_admin.option_text(obj)
        return result


class Site(admin.AdminSite):
    """Django admin, for superusers, behind the one sign-in page with its limits and its audit (rule 9.1)."""

    site_title = _("Installation")
    site_header = _("Installation")
    index_title = _("Everything in all companies")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """ "View site" leads to the groups: the home of superusers is Django admin itself."""
        return super().each_context(request) | {"site_url": reverse("groups:list")}

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirects to the sign-in page; anyone signed in without access gets 403."""
        # Django's own form would let somebody who is signed in guess other passwords, uncounted.
        to_index = secure_admin_login(lambda request: redirect("admin:index"))
        answer: HttpResponse = to_index(request)
        return answer

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirects to the page on which everybody changes their password."""
        return redirect("account_change_password")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        answer = Options.as_view(admin_site=self)(request)
        assert isinstance(answer, HttpResponse)  # noqa: S101  (it is JSON)
        return answer

"""Places in external groups that people lost by being deactivated (rule 2.23)."""

from itertools import groupby

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from accounts.actor import Actor, Door, Refused
from accounts.models import Member
from groupadmin.base.admin import ReadOnlyAdmin, name_column, only_one, those_named
from groupadmin.base.errors import Invalid
from groupadmin.base.text import isolated
from groups.external.returning import give_back
from groups.models import FormerPlace


@admin.register(FormerPlace)
class FormerPlaceAdmin(ReadOnlyAdmin):
    """Read-only, but for giving them back."""

    list_display = ["shown_member", "group_name", "company", "was_member", "was_master", "left_at"]
    list_filter = [only_one("member", Member, gettext_lazy("member"))]
    list_select_related = ["member", "company"]
    search_fields = ["member__name", "group_name"]
    actions = ["give_chosen_back"]

    def matches(self, term: str) -> Q:
        return Q(member__in=those_named(Member, term)) | Q(group_name__icontains=term)

    @admin.action(description=gettext_lazy("Give the chosen places back"), permissions=["view"])
    def give_chosen_back(self, request: HttpRequest, queryset: QuerySet[FormerPlace]) -> None:
        """Those that can be; says why the others stay."""
        actor = Actor.of(request, Door.ADMIN)
        given = 0
        rows = queryset.select_related("member").order_by("member", "pk")
        for member, places in groupby(rows, key=lambda row: row.member):
            try:
                given += give_back(member, [place.pk for place in places], actor=actor)
            except (Invalid, Refused) as problem:
                self.message_user(request, f"{isolated(member.name)}: {problem}", messages.ERROR)
        level = messages.SUCCESS if given else messages.WARNING
        said = ngettext("%(count)d place was given back.", "%(count)d places were given back.", given)
        self.message_user(request, said % {"count": given}, level)

    shown_member = name_column(gettext_lazy("member"), "member")

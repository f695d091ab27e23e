from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy

from groupadmin.base.admin import ReadOnlyAdmin, name_column
from groupadmin.base.finding import finds
from groups.models import PhotoDraft


@admin.register(PhotoDraft)
class PhotoDraftAdmin(ReadOnlyAdmin):
    """Photos of dialogs not saved yet; a daily job removes them."""

    list_display = ["pk", "shown_member", "created_at"]
    list_select_related = ["member"]
    search_fields = ["member__name"]
    fields = ["shown_member", "created_at"]
    readonly_fields = ["shown_member"]

    def matches(self, term: str) -> Q:
        return finds("member__name_search", term) | Q(member__email__contains=term)

    shown_member = name_column(gettext_lazy("member"), "member")

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actor import Actor, Door, Refused
from accounts.admin.changes import ActionAdmin, origin_fields
from accounts.models import Company
from groupadmin.base.admin import list_link, name_column, only_one
from groupadmin.base.errors import Invalid
from groupadmin.base.finding import finds
from groupadmin.base.text import NAMED_AT_MOST, isolated, some_names
from groups.actions import delete_group, restore_group
from groups.membership import designated, effective
from groups.models import Feature, Group, GroupQuerySet, ListAlias
from groups.models.switches import ADVANCED_SWITCHES, FEATURE_SWITCHES, SWITCHES, switches_of

from .forms import ENTRY_FIELDS, GroupForm, RestoreForm

ENTRIES_IN_FORM = 200


class Standing(admin.SimpleListFilter):
    """Live, recently deleted, or run by nobody (rules 2.15, 2.17)."""

    title = gettext_lazy("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, Any]]:
        return [
            ("live", _("Live")),
            ("deleted", _("Recently deleted")),
            ("no-master", _("No master")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        groups = Group.objects.all()
        wanted = {"live": groups.live, "deleted": groups.deleted, "no-master": groups.live().without_master}
        choose = wanted.get(self.value() or "")
        return queryset & choose() if choose else queryset


@admin.register(Group)
class GroupAdmin(ActionAdmin):
    """All groups, deleted ones included. Deleting moves one to "Recently deleted" (rule 2.17)."""

    form = GroupForm
    list_display = ["shown_name", "shown_company", "kind", "is_visible", "address", "deleted_at"]
    list_filter = [
        Standing,
        "kind",
        "is_visible",
        Feature.MESSAGE.value,
        Feature.MAILING_LIST.value,
        only_one("company", Company, gettext_lazy("company")),
    ]
    list_select_related = ["company", "mailing_list__address__domain"]
    search_fields = ["name", "mailing_list__address__local_part"]
    actions = ["restore_selected"]

    def matches(self, term: str) -> Q:
        local_part, _at, domain = term.partition("@")
        address = Q(mailing_list__address__local_part__contains=local_part)
        if domain:
            address &= Q(mailing_list__address__domain__name__startswith=domain)
        aliases = ListAlias.objects.filter(address__email__contains=term).values("mailing_list")
        either = address | Q(mailing_list__in=aliases)
        return finds("name_search", term) | Q(external_id__iexact=term) | either

    def option_text(self, obj: Group) -> str:
        return f"{obj} · {obj.company}"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and obj.deleted_at is not None:
            kwargs["form"] = RestoreForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        if obj is not None and obj.deleted_at is not None:
            address = ["local_part"] if obj.mailing_list and obj.mailing_list.kept_address else []
            return [
                (
                    _("Saving restores the group"),
                    {"fields": ["restores", "company", "kind", "name", *address]},
                )
            ]
        switches = switches_of(obj.kind) if obj else SWITCHES
        features = [switch.name for switch in switches if switch in FEATURE_SWITCHES]
        advanced = [switch.name for switch in switches if switch in ADVANCED_SWITCHES]
        hidden = ["version"] if obj else ["form_key"]
        photo = ["shown_photo", "photo", "removes_photo"] if obj and obj.photo else ["photo"]
        lists = [
            (
                _("Mailing list"),
                {
                    "fields": [
                        "local_part",
                        "domain",
                        "aliases",
                        "blocks_external_domains",
                        "who_can_send",
                        *_links(obj),
                    ]
                },
            )
        ]
        return [
            (_("Group information"), {"fields": [*hidden, "company", "kind", "name", "description", *photo]}),
            (_("People"), {"fields": ["masters", *_entry_fields(obj)]}),
            (
                _("Message room features"),
                {"fields": features},
            ),
            *([] if obj and obj.is_external else lists),
            (_("Advanced"), {"fields": advanced}),
            *([origin_fields(folded=not (obj.source or obj.external_id))] if obj else []),
            *([(_("History"), {"fields": ["created_at", "shown_creator"]})] if obj else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> list[str]:
        fixed = ["company", "kind"] if obj else []
        return [
            *fixed,
            "shown_photo",
            "entries_link",
            "designations_link",
            "contacts_link",
            "created_at",
            "shown_creator",
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None and obj.deleted_at is not None:
            context["title"] = _("Restore group")
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Warns if nobody can send to the list: who is designated is chosen on its own page (rule 4.5)."""
        super().save_model(request, obj, form, change)
        if obj.uses_mailing_list and obj.mailing_list and designated.is_closed(obj.mailing_list):
            said = _("Nobody is designated, so nobody can send to this list. Choose “Designated members”.")
            self.message_user(request, said, messages.WARNING)

    def remove(self, objs: Sequence[Group], actor: Actor) -> None:
        with actor.in_one_step() as one:
            for group in objs:
                if group.deleted_at is not None:
                    raise Invalid(None, _("%(name)s is already deleted.") % {"name": isolated(group.name)})
                delete_group(group, actor=one)

    def touched(self, obj: Group) -> list[str]:
        people = effective.count_people([obj])[obj.pk]
        texts = [_("%(count)d people") % {"count": people}]
        if obj.address:
            texts.append(_("The address %(address)s") % {"address": obj.address})
        containers = list(Group.objects.filter(entries__subgroup=obj)[: NAMED_AT_MOST + 1])
        if containers:
            names = some_names(container.name for container in containers)
            texts.append(_("The groups that contain it: %(names)s") % {"names": names})
        days = settings.DELETED_GROUPS_KEPT_DAYS
        return [*texts, _("It can be restored for %(days)d days.") % {"days": days}]

    @admin.action(description=gettext_lazy("Restore selected groups"), permissions=["change"])
    def restore_selected(self, request: HttpRequest, queryset: GroupQuerySet) -> None:
        """Restores those whose name and address are free; says why the others stay deleted."""
        actor = Actor.of(request, Door.ADMIN)
        restored = 0
        for group in queryset.deleted():
            try:
                restore_group(group, actor=actor)
            except (Invalid, Refused) as problem:
                self.message_user(request, f"{isolated(group.name)}: {problem}", messages.ERROR)
            else:
                restored += 1
        level = messages.SUCCESS if restored else messages.WARNING
        text = ngettext("%(count)d group restored.", "%(count)d groups restored.", restored)
        self.message_user(request, text % {"count": restored}, level)

    shown_name = name_column(gettext_lazy("name"))
    shown_company = name_column(gettext_lazy("company"), "company")

    @admin.display(description=gettext_lazy("current photo"))
    def shown_photo(self, group: Group) -> SafeString:
        url = reverse("groups:photo", args=[group.pk, "small"])
        return format_html('<img src="{}?v={}" width="96" height="96" alt="">', url, group.version)

    shown_creator = name_column(gettext_lazy("created by"), "created_by")

    @admin.display(description=gettext_lazy("entries"))
    def entries_link(self, group: Group) -> SafeString:
        count = group.entries.count()
        label = ngettext("%(count)d entry", "%(count)d entries", count) % {"count": count}
        return list_link(label, "groups_membership", group=group.pk)

    @admin.display(description=gettext_lazy("designated members"))
    def designations_link(self, group: Group) -> SafeString:
        return list_link(_("Designated members"), "groups_designation", mailing_list=group.mailing_list_id)

    @admin.display(description=gettext_lazy("external contacts"))
    def contacts_link(self, group: Group) -> SafeString:
        return list_link(_("External contacts"), "groups_externalcontact", mailing_list=group.mailing_list_id)


def _entry_fields(group: Group | None) -> list[str]:
    """The fields for entries, unless there are many: those are added and deleted one by one."""
    fields = ["members"] if group and group.is_external else list(ENTRY_FIELDS)
    if group is None:
        return fields
    many = group.entries.all()[: ENTRIES_IN_FORM + 1].count() > ENTRIES_IN_FORM
    return ["entries_link"] if many else [*fields, "entries_link"]


def _links(group: Group | None) -> list[str]:
    return ["designations_link", "contacts_link"] if group and group.mailing_list_id else []

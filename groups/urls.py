"""Groups, and the page of a member's groups."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.pickers.views import urls_for

from .mail import urls
from .pickers.asking import scope_of
from .views import (
    abroad,
    checks,
    delete,
    delete_data,
    deleted,
    dialogs,
    drafts,
    group,
    lists,
    member,
    notifications,
    people,
    photos,
    room_settings,
)

app_name = "groups"

urlpatterns: list[URLPattern | URLResolver] = [
    path("groups/", lists.all_groups, name="list"),
    path("groups/add/", dialogs.add, name="add"),
    path("groups/add-external/", dialogs.add_external, name="add_external"),
    path("groups/features/<str:kind>/", checks.features, name="features"),
    path("groups/check/name/", checks.name, name="check_name"),
    path("groups/check/address/", checks.address, name="check_address"),
    path("groups/photos/", drafts.choose, name="choose_photo"),
    path("groups/photos/<id:pk>/", drafts.show, name="photo_draft"),
    path("groups/<id:pk>/edit/", dialogs.edit, name="edit"),
    path("groups/managed/", lists.managed, name="managed"),
    path("groups/belonging/", lists.belonging, name="belonging"),
    path("groups/deleted/", deleted.deleted, name="deleted"),
    path("groups/<id:pk>/restore/", deleted.restore, name="restore"),
    path("groups/<id:pk>/photo/<str:size>/", photos.photo, name="photo"),
    path("groups/<id:pk>/", group.detail, name="detail"),
    path("groups/<id:pk>/settings/", group.settings_of, name="settings_of"),
    path("groups/<id:pk>/share-history/", room_settings.share_history, name="share_history"),
    path("groups/<id:pk>/part-of/", group.part_of, name="part_of"),
    path("groups/<id:pk>/history/", group.history_of, name="history"),
    path("groups/<id:pk>/members/edit/", people.edit_members, name="edit_members"),
    path("groups/<id:pk>/members/external/", people.add_external_members, name="add_external_members"),
    path("groups/<id:pk>/entries/<id:entry_pk>/remove/", people.remove_entry, name="remove_entry"),
    path("groups/<id:pk>/masters/add/", people.name_master, name="name_master"),
    path("groups/<id:pk>/masters/remove/", people.remove_master, name="remove_master"),
    path("groups/<id:pk>/masters/give-up/", people.give_up_master, name="give_up_master"),
    path("groups/<id:pk>/masters/join/", people.add_me, name="add_me"),
    path("groups/<id:pk>/delete/", delete.delete, name="delete"),
    path("groups/<id:pk>/data/<str:feature>/delete/", delete_data.delete_data, name="delete_data"),
    path("elsewhere/", abroad.elsewhere, name="elsewhere"),
    path("elsewhere/<id:pk>/members/<id:member_pk>/", abroad.take_out, name="take_out"),
    path("members/<id:pk>/", member.member, name="member"),
    path("groups/", include(urls_for(scope_of))),
    *urls.urlpatterns,
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/bell/", notifications.bell, name="notifications_bell"),
    path("notifications/read/", notifications.read, name="notifications_read"),
]

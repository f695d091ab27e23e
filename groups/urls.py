"""Groups, and the page of a member's groups."""

from django.urls import URLPattern, path

from . import mail_urls
from .views import (
    checks,
    delete,
    deleted,
    dialogs,
    drafts,
    elsewhere,
    group,
    lists,
    member,
    notifications,
    people,
    photos,
    pickers,
    room_settings,
)

app_name = "groups"

urlpatterns: list[URLPattern] = [
    path("pick/", pickers.pick, name="pick"),
    path("pick/teams/", pickers.pick_teams, name="pick_teams"),
    path("pick/paste/", pickers.pick_paste, name="pick_paste"),
    path("groups/", lists.all_groups, name="list"),
    path("groups/add/", dialogs.add, name="add"),
    path("groups/add-external/", dialogs.add_external, name="add_external"),
    path("groups/features/<str:kind>/", checks.features, name="features"),
    path("groups/check/name/", checks.name, name="check_name"),
    path("groups/check/address/", checks.address, name="check_address"),
    path("groups/photos/", drafts.choose, name="choose_photo"),
    path("groups/photos/<int:pk>/", drafts.show, name="photo_draft"),
    path("groups/<int:pk>/edit/", dialogs.edit, name="edit"),
    path("groups/managed/", lists.managed, name="managed"),
    path("groups/belonging/", lists.belonging, name="belonging"),
    path("groups/deleted/", deleted.deleted, name="deleted"),
    path("groups/<int:pk>/restore/", deleted.restore, name="restore"),
    path("groups/<int:pk>/photo/<str:size>/", photos.photo, name="photo"),
    path("groups/<int:pk>/", group.detail, name="detail"),
    path("groups/<int:pk>/settings/", group.settings_of, name="settings_of"),
    path("groups/<int:pk>/share-history/", room_settings.share_history, name="share_history"),
    path("groups/<int:pk>/part-of/", group.part_of, name="part_of"),
    path("groups/<int:pk>/history/", group.history_of, name="history"),
    path("groups/<int:pk>/members/edit/", people.edit_members, name="edit_members"),
    path("groups/<int:pk>/members/external/", people.add_external_members, name="add_external_members"),
    path("groups/<int:pk>/entries/<int:entry_pk>/remove/", people.remove_entry, name="remove_entry"),
    path("groups/<int:pk>/masters/add/", people.name_master, name="name_master"),
    path("groups/<int:pk>/masters/remove/", people.remove_master, name="remove_master"),
    path("groups/<int:pk>/masters/give-up/", people.give_up_master, name="give_up_master"),
    path("groups/<int:pk>/masters/join/", people.add_me, name="add_me"),
    path("groups/<int:pk>/delete/", delete.delete, name="delete"),
    path("elsewhere/", elsewhere.elsewhere, name="elsewhere"),
    path("elsewhere/<int:pk>/members/<int:member_pk>/", elsewhere.take_out, name="take_out"),
    path("members/<int:pk>/", member.member, name="member"),
    *mail_urls.urlpatterns,
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/bell/", notifications.bell, name="notifications_bell"),
    path("notifications/read/", notifications.read, name="notifications_read"),
]

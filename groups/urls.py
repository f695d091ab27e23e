"""Groups, and the page of a member's groups."""

from django.urls import URLPattern, path

from .views import delete, group, member, people, pickers

app_name = "groups"

urlpatterns: list[URLPattern] = [
    path("pick/", pickers.pick, name="pick"),
    path("pick/teams/", pickers.pick_teams, name="pick_teams"),
    path("pick/paste/", pickers.pick_paste, name="pick_paste"),
    path("groups/<int:pk>/", group.detail, name="detail"),
    path("groups/<int:pk>/settings/", group.settings_of, name="settings_of"),
    path("groups/<int:pk>/part-of/", group.part_of, name="part_of"),
    path("groups/<int:pk>/history/", group.history_of, name="history"),
    path("groups/<int:pk>/members/edit/", people.edit_members, name="edit_members"),
    path("groups/<int:pk>/entries/<int:entry_pk>/remove/", people.remove_entry, name="remove_entry"),
    path("groups/<int:pk>/masters/add/", people.name_master, name="name_master"),
    path("groups/<int:pk>/masters/remove/", people.remove_master, name="remove_master"),
    path("groups/<int:pk>/masters/give-up/", people.give_up_master, name="give_up_master"),
    path("groups/<int:pk>/masters/join/", people.add_me, name="add_me"),
    path("groups/<int:pk>/delete/", delete.delete, name="delete"),
    path("members/<int:pk>/", member.member, name="member"),
]

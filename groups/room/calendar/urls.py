"""The calendar of a room, below /rooms/."""

from django.urls import URLPattern, path

from . import edit_views, file_views, views

urlpatterns: list[URLPattern] = [
    path("calendars/<str:key>.ics", file_views.feed, name="feed"),
    path("<int:pk>/events/", views.events, name="events"),
    path("<int:pk>/events/seen/", views.events_seen, name="events_seen"),
    path("<int:pk>/events/add/", edit_views.event_add, name="event_add"),
    path("<int:pk>/events/import/", file_views.events_import, name="events_import"),
    path("<int:pk>/events/feed/", file_views.events_feed, name="events_feed"),
    path("<int:pk>/events/feed/create/", file_views.events_feed_create, name="events_feed_create"),
    path("<int:pk>/events/feed/remove/", file_views.events_feed_remove, name="events_feed_remove"),
    path("<int:pk>/events/<int:event_pk>/", views.event, name="event"),
    path("<int:pk>/events/<int:event_pk>/edit/", edit_views.event_edit, name="event_edit"),
    path("<int:pk>/events/<int:event_pk>/delete/", edit_views.event_delete, name="event_delete"),
    path("<int:pk>/events/<int:event_pk>/attend/", views.event_attend, name="event_attend"),
]

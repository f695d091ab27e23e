"""The calendar of a room, below /rooms/."""

from django.urls import URLPattern, path

from . import edit_views, file_views, views

urlpatterns: list[URLPattern] = [
    path("calendars/<str:key>.ics", file_views.feed, name="feed"),
    path("<id:pk>/events/", views.events, name="events"),
    path("<id:pk>/events/seen/", views.events_seen, name="events_seen"),
    path("<id:pk>/events/add/", edit_views.event_add, name="event_add"),
    path("<id:pk>/events/import/", file_views.events_import, name="events_import"),
    path("<id:pk>/events/feed/", file_views.events_feed, name="events_feed"),
    path("<id:pk>/events/feed/create/", file_views.events_feed_create, name="events_feed_create"),
    path("<id:pk>/events/feed/remove/", file_views.events_feed_remove, name="events_feed_remove"),
    path("<id:pk>/events/<id:event_pk>/", views.event, name="event"),
    path("<id:pk>/events/<id:event_pk>/edit/", edit_views.event_edit, name="event_edit"),
    path("<id:pk>/events/<id:event_pk>/delete/", edit_views.event_delete, name="event_delete"),
    path("<id:pk>/events/<id:event_pk>/attend/", views.event_attend, name="event_attend"),
]

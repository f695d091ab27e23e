"""The calendar of a room, below /rooms/."""

from django.urls import URLPattern, path

from .views import event_edit, event_files, events

urlpatterns: list[URLPattern] = [
    path("calendars/<str:key>.ics", event_files.feed, name="feed"),
    path("<int:pk>/events/", events.events, name="events"),
    path("<int:pk>/events/seen/", events.events_seen, name="events_seen"),
    path("<int:pk>/events/add/", event_edit.event_add, name="event_add"),
    path("<int:pk>/events/import/", event_files.events_import, name="events_import"),
    path("<int:pk>/events/feed/", event_files.events_feed, name="events_feed"),
    path("<int:pk>/events/feed/create/", event_files.events_feed_create, name="events_feed_create"),
    path("<int:pk>/events/feed/remove/", event_files.events_feed_remove, name="events_feed_remove"),
    path("<int:pk>/events/<int:event_pk>/", events.event, name="event"),
    path("<int:pk>/events/<int:event_pk>/edit/", event_edit.event_edit, name="event_edit"),
    path("<int:pk>/events/<int:event_pk>/delete/", event_edit.event_delete, name="event_delete"),
    path("<int:pk>/events/<int:event_pk>/attend/", events.event_attend, name="event_attend"),
]

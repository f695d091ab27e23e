"""Message rooms, below /rooms/."""

from django.urls import URLPattern, path

from groups.models import Feature

from . import views as rooms
from .calendar import urls as event_urls
from .folder import urls as folder_urls
from .messages import views as messages
from .notes import urls as note_urls
from .tasks import urls as task_urls
from .uploads import views as uploads

app_name = "room"

urlpatterns: list[URLPattern] = [
    path("", rooms.my_rooms, name="list"),
    path("<id:pk>/", rooms.room, name="room"),
    path("<id:pk>/messages/", messages.messages, name="messages"),
    path("<id:pk>/messages/changes/", messages.message_changes, name="message_changes"),
    path("<id:pk>/messages/seen/", messages.messages_seen, name="messages_seen"),
    path("<id:pk>/messages/people/", messages.people, name="message_people"),
    path(
        "<id:pk>/messages/upload/", uploads.begin, {"feature": Feature.MESSAGE}, name="message_upload_begin"
    ),
    path(
        "<id:pk>/messages/upload/<uuid:key>/",
        uploads.piece,
        {"feature": Feature.MESSAGE},
        name="message_upload_piece",
    ),
    path("<id:pk>/messages/<id:message_pk>/edit/", messages.message_edit, name="message_edit"),
    path("<id:pk>/messages/<id:message_pk>/recall/", messages.message_recall, name="message_recall"),
    path("<id:pk>/files/<id:file_pk>/", rooms.download, name="file"),
    path("<id:pk>/files/<id:file_pk>/preview/", rooms.preview, name="preview"),
    *event_urls.urlpatterns,
    *folder_urls.urlpatterns,
    *note_urls.urlpatterns,
    *task_urls.urlpatterns,
]

"""Message rooms, below /rooms/."""

from django.urls import URLPattern, path

from groups.models import Feature

from . import views as rooms
from .calendar import urls as event_urls
from .folder import urls as folder_urls
from .messages import views as messages
from .notes import urls as note_urls
from .tasks import urls as task_urls
from .uploads import file_views
from .uploads import views as uploads

app_name = "room"

urlpatterns: list[URLPattern] = [
    path("", rooms.my_rooms, name="list"),
    path("<int:pk>/", rooms.room, name="room"),
    path("<int:pk>/messages/", messages.messages, name="messages"),
    path("<int:pk>/messages/changes/", messages.message_changes, name="message_changes"),
    path("<int:pk>/messages/seen/", messages.messages_seen, name="messages_seen"),
    path("<int:pk>/messages/people/", messages.people, name="message_people"),
    path(
        "<int:pk>/messages/upload/", uploads.begin, {"feature": Feature.MESSAGE}, name="message_upload_begin"
    ),
    path(
        "<int:pk>/messages/upload/<uuid:key>/",
        uploads.piece,
        {"feature": Feature.MESSAGE},
        name="message_upload_piece",
    ),
    path("<int:pk>/messages/<int:message_pk>/edit/", messages.message_edit, name="message_edit"),
    path("<int:pk>/messages/<int:message_pk>/recall/", messages.message_recall, name="message_recall"),
    path("<int:pk>/files/<int:file_pk>/", file_views.download, name="file"),
    path("<int:pk>/files/<int:file_pk>/preview/", file_views.preview, name="preview"),
    *event_urls.urlpatterns,
    *folder_urls.urlpatterns,
    *note_urls.urlpatterns,
    *task_urls.urlpatterns,
]

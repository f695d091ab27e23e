"""Notes of a room, below /rooms/."""

from django.urls import URLPattern, path

from groups.models import Feature
from groups.room.uploads import views as uploads

from . import comment_views
from . import views as notes

urlpatterns: list[URLPattern] = [
    path("<int:pk>/notes/", notes.note_list, name="notes"),
    path("<int:pk>/notes/add/", notes.note_add, name="note_add"),
    path("<int:pk>/notes/preview/", notes.note_preview, name="note_preview"),
    path("<int:pk>/notes/seen/", notes.notes_seen, name="notes_seen"),
    path("<int:pk>/notes/upload/", uploads.begin, {"feature": Feature.NOTE}, name="note_upload_begin"),
    path(
        "<int:pk>/notes/upload/<uuid:key>/",
        uploads.piece,
        {"feature": Feature.NOTE},
        name="note_upload_piece",
    ),
    path("<int:pk>/notes/<int:note_pk>/", notes.note, name="note"),
    path("<int:pk>/notes/<int:note_pk>/edit/", notes.note_edit, name="note_edit"),
    path("<int:pk>/notes/<int:note_pk>/delete/", notes.note_delete, name="note_delete"),
    path("<int:pk>/notes/<int:note_pk>/pin/", notes.note_pin, name="note_pin"),
    path("<int:pk>/notes/<int:note_pk>/comments/", comment_views.comment_add, name="note_comment_add"),
    path(
        "<int:pk>/notes/<int:note_pk>/comments/<int:comment_pk>/edit/",
        comment_views.comment_edit,
        name="note_comment_edit",
    ),
    path(
        "<int:pk>/notes/<int:note_pk>/comments/<int:comment_pk>/delete/",
        comment_views.comment_delete,
        name="note_comment_delete",
    ),
]

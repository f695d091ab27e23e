"""Notes of a room, below /rooms/."""

from django.urls import URLPattern, path

from groups.models import Feature
from groups.room.uploads import views as uploads

from . import comment_views
from . import views as notes

urlpatterns: list[URLPattern] = [
    path("<id:pk>/notes/", notes.note_list, name="notes"),
    path("<id:pk>/notes/add/", notes.note_add, name="note_add"),
    path("<id:pk>/notes/preview/", notes.note_preview, name="note_preview"),
    path("<id:pk>/notes/seen/", notes.notes_seen, name="notes_seen"),
    path("<id:pk>/notes/upload/", uploads.begin, {"feature": Feature.NOTE}, name="note_upload_begin"),
    path(
        "<id:pk>/notes/upload/<uuid:key>/",
        uploads.piece,
        {"feature": Feature.NOTE},
        name="note_upload_piece",
    ),
    path("<id:pk>/notes/<id:note_pk>/", notes.note, name="note"),
    path("<id:pk>/notes/<id:note_pk>/edit/", notes.note_edit, name="note_edit"),
    path("<id:pk>/notes/<id:note_pk>/delete/", notes.note_delete, name="note_delete"),
    path("<id:pk>/notes/<id:note_pk>/pin/", notes.note_pin, name="note_pin"),
    path("<id:pk>/notes/<id:note_pk>/comments/", comment_views.comment_add, name="note_comment_add"),
    path(
        "<id:pk>/notes/<id:note_pk>/comments/<id:comment_pk>/edit/",
        comment_views.comment_edit,
        name="note_comment_edit",
    ),
    path(
        "<id:pk>/notes/<id:note_pk>/comments/<id:comment_pk>/delete/",
        comment_views.comment_delete,
        name="note_comment_delete",
    ),
]

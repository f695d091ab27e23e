"""Folders of a room, below /rooms/."""

from django.urls import URLPattern, path

from . import file_views, views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/folder/", views.top, name="folder"),
    path("<int:pk>/folder/<int:folder_pk>/", views.inside, name="folder_in"),
    path("<int:pk>/folder/add/", views.add, name="folder_add"),
    path("<int:pk>/folder/seen/", views.seen, name="folder_seen"),
    path("<int:pk>/folder/rename/<str:token>/", views.rename, name="folder_rename"),
    path("<int:pk>/folder/move/", views.move, name="folder_move"),
    path("<int:pk>/folder/delete/", views.put_in_bin, name="folder_delete"),
    path("<int:pk>/folder/zip/", views.download_zip, name="folder_zip"),
    path("<int:pk>/folder/bin/", views.bin, name="bin"),
    path("<int:pk>/folder/bin/<str:token>/restore/", views.restore, name="bin_restore"),
    path("<int:pk>/folder/bin/<str:token>/delete/", views.delete_for_good, name="bin_delete"),
    path("<int:pk>/folder/upload/", file_views.upload, name="upload"),
    path("<int:pk>/folder/upload/begin/", file_views.upload_begin, name="upload_begin"),
    path("<int:pk>/folder/upload/<uuid:key>/", file_views.upload_piece, name="upload_piece"),
    path("<int:pk>/folder/files/<int:file_pk>/", file_views.versions, name="file_versions"),
    path("<int:pk>/folder/files/<int:file_pk>/download/", file_views.download, name="folder_file"),
    path("<int:pk>/folder/files/<int:file_pk>/restore/", file_views.restore_version, name="version_restore"),
    path(
        "<int:pk>/folder/files/<int:file_pk>/versions/<int:version_pk>/delete/",
        file_views.delete_version,
        name="version_delete",
    ),
]

"""Folders of a room, below /rooms/."""

from django.urls import URLPattern, path

from . import file_views, views

urlpatterns: list[URLPattern] = [
    path("<id:pk>/folder/", views.top, name="folder"),
    path("<id:pk>/folder/<id:folder_pk>/", views.inside, name="folder_in"),
    path("<id:pk>/folder/add/", views.add, name="folder_add"),
    path("<id:pk>/folder/seen/", views.seen, name="folder_seen"),
    path("<id:pk>/folder/rename/<str:token>/", views.rename, name="folder_rename"),
    path("<id:pk>/folder/move/", views.move, name="folder_move"),
    path("<id:pk>/folder/delete/", views.put_in_bin, name="folder_delete"),
    path("<id:pk>/folder/zip/", views.download_zip, name="folder_zip"),
    path("<id:pk>/folder/bin/", views.bin, name="bin"),
    path("<id:pk>/folder/bin/<str:token>/restore/", views.restore, name="bin_restore"),
    path("<id:pk>/folder/bin/<str:token>/delete/", views.delete_for_good, name="bin_delete"),
    path("<id:pk>/folder/upload/", file_views.upload, name="upload"),
    path("<id:pk>/folder/upload/begin/", file_views.upload_begin, name="upload_begin"),
    path("<id:pk>/folder/upload/<uuid:key>/", file_views.upload_piece, name="upload_piece"),
    path("<id:pk>/folder/files/<id:file_pk>/", file_views.versions, name="file_versions"),
    path("<id:pk>/folder/files/<id:file_pk>/download/", file_views.download, name="folder_file"),
    path("<id:pk>/folder/files/<id:file_pk>/restore/", file_views.restore_version, name="version_restore"),
    path(
        "<id:pk>/folder/files/<id:file_pk>/versions/<id:version_pk>/delete/",
        file_views.delete_version,
        name="version_delete",
    ),
]

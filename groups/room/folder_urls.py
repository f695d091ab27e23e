"""Folders of a room, below /rooms/."""

from django.urls import URLPattern, path

from .views import folder, folder_files

urlpatterns: list[URLPattern] = [
    path("<int:pk>/folder/", folder.top, name="folder"),
    path("<int:pk>/folder/<int:folder_pk>/", folder.inside, name="folder_in"),
    path("<int:pk>/folder/add/", folder.add, name="folder_add"),
    path("<int:pk>/folder/seen/", folder.seen, name="folder_seen"),
    path("<int:pk>/folder/rename/<str:token>/", folder.rename, name="folder_rename"),
    path("<int:pk>/folder/move/", folder.move, name="folder_move"),
    path("<int:pk>/folder/delete/", folder.put_in_bin, name="folder_delete"),
    path("<int:pk>/folder/zip/", folder.download_zip, name="folder_zip"),
    path("<int:pk>/folder/bin/", folder.bin, name="bin"),
    path("<int:pk>/folder/bin/<str:token>/restore/", folder.restore, name="bin_restore"),
    path("<int:pk>/folder/bin/<str:token>/delete/", folder.delete_for_good, name="bin_delete"),
    path("<int:pk>/folder/upload/", folder_files.upload, name="upload"),
    path("<int:pk>/folder/upload/begin/", folder_files.upload_begin, name="upload_begin"),
    path("<int:pk>/folder/upload/<uuid:key>/", folder_files.upload_piece, name="upload_piece"),
    path("<int:pk>/folder/files/<int:file_pk>/", folder_files.versions, name="file_versions"),
    path("<int:pk>/folder/files/<int:file_pk>/download/", folder_files.download, name="folder_file"),
    path(
        "<int:pk>/folder/files/<int:file_pk>/restore/", folder_files.restore_version, name="version_restore"
    ),
    path(
        "<int:pk>/folder/files/<int:file_pk>/versions/<int:version_pk>/delete/",
        folder_files.delete_version,
        name="version_delete",
    ),
]

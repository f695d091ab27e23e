"""Message rooms, below /rooms/."""

from django.urls import URLPattern, path

from .views import files, rooms

app_name = "room"

urlpatterns: list[URLPattern] = [
    path("", rooms.my_rooms, name="list"),
    path("<int:pk>/", rooms.room, name="room"),
    path("<int:pk>/files/<int:file_pk>/", files.download, name="file"),
    path("<int:pk>/files/<int:file_pk>/preview/", files.preview, name="preview"),
]

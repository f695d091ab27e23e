"""Message rooms, below /rooms/."""

from django.urls import URLPattern, path

from .views import rooms

app_name = "room"

urlpatterns: list[URLPattern] = [
    path("", rooms.my_rooms, name="list"),
    path("<int:pk>/", rooms.room, name="room"),
]

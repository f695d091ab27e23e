"""Tasks of a room, and one's own in all rooms, below /rooms/."""

from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("tasks/", views.my_tasks, name="my_tasks"),
    path("<int:pk>/tasks/", views.tasks, name="tasks"),
    path("<int:pk>/tasks/add/", views.task_add, name="task_add"),
    path("<int:pk>/tasks/seen/", views.tasks_seen, name="tasks_seen"),
    path("<int:pk>/tasks/<int:task_pk>/", views.task, name="task"),
    path("<int:pk>/tasks/<int:task_pk>/edit/", views.task_edit, name="task_edit"),
    path("<int:pk>/tasks/<int:task_pk>/delete/", views.task_delete, name="task_delete"),
    path("<int:pk>/tasks/<int:task_pk>/done/", views.task_done, name="task_done"),
    path("<int:pk>/tasks/<int:task_pk>/move/", views.task_move, name="task_move"),
]

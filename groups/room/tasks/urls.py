"""Tasks of a room, and one's tasks in all rooms, below /rooms/."""

from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("tasks/", views.my_tasks, name="my_tasks"),
    path("<id:pk>/tasks/", views.tasks, name="tasks"),
    path("<id:pk>/tasks/add/", views.task_add, name="task_add"),
    path("<id:pk>/tasks/seen/", views.tasks_seen, name="tasks_seen"),
    path("<id:pk>/tasks/<id:task_pk>/", views.task, name="task"),
    path("<id:pk>/tasks/<id:task_pk>/edit/", views.task_edit, name="task_edit"),
    path("<id:pk>/tasks/<id:task_pk>/delete/", views.task_delete, name="task_delete"),
    path("<id:pk>/tasks/<id:task_pk>/done/", views.task_done, name="task_done"),
    path("<id:pk>/tasks/<id:task_pk>/move/", views.task_move, name="task_move"),
]

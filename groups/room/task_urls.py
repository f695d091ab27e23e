"""Tasks of a room, and one's own in all rooms, below /rooms/."""

from django.urls import URLPattern, path

from .views import tasks

urlpatterns: list[URLPattern] = [
    path("tasks/", tasks.my_tasks, name="my_tasks"),
    path("<int:pk>/tasks/", tasks.tasks, name="tasks"),
    path("<int:pk>/tasks/add/", tasks.task_add, name="task_add"),
    path("<int:pk>/tasks/seen/", tasks.tasks_seen, name="tasks_seen"),
    path("<int:pk>/tasks/<int:task_pk>/", tasks.task, name="task"),
    path("<int:pk>/tasks/<int:task_pk>/edit/", tasks.task_edit, name="task_edit"),
    path("<int:pk>/tasks/<int:task_pk>/delete/", tasks.task_delete, name="task_delete"),
    path("<int:pk>/tasks/<int:task_pk>/done/", tasks.task_done, name="task_done"),
    path("<int:pk>/tasks/<int:task_pk>/move/", tasks.task_move, name="task_move"),
]

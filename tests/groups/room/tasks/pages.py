"""Short ways for tests of tasks."""

from typing import Any

from django.test import Client
from django.urls import reverse

from groups.models import Group, Task


def switch_on(group: Group) -> None:
    """Task is on beside Message."""
    group.task = True
    group.save()


def switch_off(switch: str, group: Group) -> None:
    """Takes away the feature, or the room's team ("left")."""
    if switch == "left":
        group.entries.filter(team__isnull=False).delete()
    else:
        off = {"task": False} | ({"message": False} if switch == "message" else {})
        Group.objects.filter(pk=group.pk).update(**off)


def url(name: str, *args: int, query: str = "") -> str:
    return reverse(f"room:{name}", args=args) + query


def titles(page: Any) -> list[str]:
    return [row.task.title for row in page.context["page"].rows]


def shown(client: Client, group: Group, show: str = "open") -> list[str]:
    return titles(client.get(url("tasks", group.pk), {"show": show}))


def fields(task: Task, **typed: Any) -> dict[str, Any]:
    """A form as it is posted."""
    people = "\n".join(f"member:{one.member_id}" for one in task.assignees.all())
    return {"title": task.title, "version": task.version, "assignees": people, "notes": task.notes} | typed

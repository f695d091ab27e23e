"""Notifications about groups, by the bell and by mail (rule 5.1)."""

from .unsaying import unsay
from .write import (
    Told,
    bell_of,
    count_unread,
    heard,
    is_left_lying,
    mark_read,
    purge_notices,
    spread,
    tell,
    tell_by_group,
    tell_each,
    tell_group,
    tell_groups,
    tell_new_groups,
    write_notifications,
)

__all__ = [
    "Told",
    "bell_of",
    "count_unread",
    "heard",
    "is_left_lying",
    "mark_read",
    "purge_notices",
    "spread",
    "tell",
    "tell_by_group",
    "tell_each",
    "tell_group",
    "tell_groups",
    "tell_new_groups",
    "unsay",
    "write_notifications",
]

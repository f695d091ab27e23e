"""Takes back notices of a change that was undone, as long as nobody has been reached by them (rule 10.13)."""

from collections.abc import Collection

from groups.models import Notice, Notification


def unsay(first: Collection[int], again: Collection[int]) -> None:
    """Whoever was not reached by the first notices is not told by those of the undoing either.

    Who has read it in the bell, or has had the mail, is told of both.
    """
    # Nobody has them yet: the worker writes them soon, to everybody in the group.
    unspread = Notice.objects.filter(pk__in=first, is_spread=False)
    groups = set(unspread.values_list("group", flat=True))
    unspread.delete()
    Notice.objects.filter(pk__in=again, is_spread=False, group__in=groups).delete()
    unseen = Notification.objects.filter(notice__in=first, read_at=None, mailed_at=None)
    spared = set(unseen.values_list("notice__group", "member"))
    fresh = Notification.objects.filter(notice__in=again).values_list("pk", "notice__group", "member")
    taken = [pk for pk, group, member in fresh if (group, member) in spared]
    unseen.delete()
    Notification.objects.filter(pk__in=taken).delete()
    Notice.objects.filter(pk__in=[*first, *again], is_spread=True, notifications=None).delete()

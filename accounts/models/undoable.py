from typing import Any
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from .member import Member


class Undoable(models.Model):
    """What a change took away, kept for whoever made it, to take the change back soon after (rule 10.13)."""

    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    # In accounts.undo.kinds.KINDS; what `state` holds is the kind's own.
    kind = models.CharField(max_length=40)
    state = models.JSONField[dict[str, Any]](default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("change that can be undone")
        verbose_name_plural = _("changes that can be undone")
        indexes = [models.Index(fields=["created_at"], name="undoable_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

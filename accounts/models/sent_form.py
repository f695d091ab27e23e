from django.db import models
from django.utils import timezone

from .member import Member


class SentForm(models.Model):
    """A form that has added something: sent again, it adds nothing (rule 5.8). See accounts/once.py."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    kind = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "key"], name="sent_form_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

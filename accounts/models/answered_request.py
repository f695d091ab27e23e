from datetime import timedelta

from django.db import models
from django.utils import timezone

from .token import AccessToken

KEPT_FOR = timedelta(days=1)
"""How long a repeated request with the same key gets the same answer."""


class AnsweredRequestQuerySet(models.QuerySet["AnsweredRequest"]):
    """Conditions that are needed again."""

    def expired(self) -> "AnsweredRequestQuerySet":
        """Whose keys may be used anew."""
        return self.filter(at__lt=timezone.now() - KEPT_FOR)


class AnsweredRequest(models.Model):
    """A change that a program asked for with a key: asked again, it is answered the same (rule 11.3).

    Written in the transaction of the change, whose second sender waits for it: groupadmin/api/changing.py.
    """

    token = models.ForeignKey(AccessToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # Of method, address and body: the same key with something else is a mistake.
    fingerprint = models.CharField(max_length=64)
    # 0 while it is being carried out, which nobody else ever sees.
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="", blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = AnsweredRequestQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="answered_request_once"),)

    def __str__(self) -> str:
        return f"{self.token} {self.key}"

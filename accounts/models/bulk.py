from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from .audit import AuditEntry
from .company import Company
from .job import Job
from .member import Member


class BulkChange(models.Model):
    """One action on many things, chosen in a list and changed in one go (rule 10.6)."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="bulk_changes")
    action = models.CharField(max_length=40)
    # What was asked for besides, such as the people who become masters.
    values = models.JSONField[dict[str, Any]](default=dict)
    # The ids, until they are rows.
    chosen = models.JSONField[list[int]](default=list)
    count = models.PositiveIntegerField(default=0)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")

    # The actor, as whoever does the work passes it to the action.
    started_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    door = models.CharField(max_length=6, choices=AuditEntry.Door)
    ip = models.GenericIPAddressField(null=True)
    is_confirmed = models.BooleanField(default=False)

    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    is_stopped = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"


class BulkRow(models.Model):
    """What became of one of many things."""

    class Verdict(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        SAME = "same", _("No change needed")
        REFUSED = "refused", _("Refused")
        STOPPED = "stopped", _("Not done")

    change = models.ForeignKey(BulkChange, models.CASCADE, related_name="rows")
    place = models.PositiveIntegerField()
    target_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=1000, blank=True)
    verdict = models.CharField(max_length=7, choices=Verdict, default=Verdict.WAITING)
    reason = models.CharField(max_length=1000, blank=True)
    # What undoing needs: what was there before, and the version that the thing had just after the change.
    before = models.JSONField[dict[str, Any]](default=dict)
    version = models.PositiveBigIntegerField(null=True)

    class Meta:
        verbose_name = _("row of a bulk change")
        verbose_name_plural = _("rows of bulk changes")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["change", "place"], name="bulk_row_place_once"),
            models.UniqueConstraint(fields=["change", "target_id"], name="bulk_row_target_once"),
        ]
        indexes = [
            models.Index(fields=["change", "verdict", "place"], name="bulk_row_by_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.change_id}: {self.name}"

    @property
    def mark(self) -> str:
        """How its verdict is marked on the page."""
        marks = {self.Verdict.DONE.value: "mark-accent", self.Verdict.REFUSED.value: "mark-warning"}
        return marks.get(self.verdict, "")

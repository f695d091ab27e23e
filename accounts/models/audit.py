from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One change, made or refused (rule 8.1). Written once, never changed; the database enforces it.

    People and objects are stored as plain values, without foreign keys, so that entries outlive them (rule
    8.3).
    """

    class Door(models.TextChoices):
        WEB = "web", _("Web")
        ADMIN = "admin", _("Django admin")
        IMPORT = "import", _("Import")
        MAIL = "mail", _("Email")
        SCIM = "scim", _("SCIM")
        API = "api", _("API")
        SYSTEM = "system", _("System")
        SHELL = "shell", _("Command line")

    class Result(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    at = models.DateTimeField(_("time"), auto_now_add=True)
    company_id = models.BigIntegerField(_("company"), null=True)
    actor_id = models.BigIntegerField(_("who"), null=True)
    actor_name = models.CharField(_("name"), max_length=1000, blank=True)
    actor_email = models.CharField(_("email address"), max_length=320, blank=True)
    # The actor's company at that time: readers of other companies see only their name and company (rule 6.4).
    # The company's name is stored only in entries of other companies.
    actor_company_id = models.BigIntegerField(_("company of the person"), null=True)
    actor_company_name = models.CharField(_("name of the company"), max_length=1000, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    door = models.CharField(_("source"), max_length=6, choices=Door)
    action = models.CharField(_("action"), max_length=40)
    target_kind = models.CharField(_("kind"), max_length=20, blank=True)
    target_id = models.BigIntegerField(_("number"), null=True)
    target_name = models.CharField(_("target"), max_length=1000, blank=True)
    target_version = models.PositiveIntegerField(_("version"), null=True)
    changes = models.JSONField(_("before and after"), default=dict)
    result = models.CharField(_("result"), max_length=7, choices=Result, default=Result.DONE)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)

    # Actor, target and groups as text to search (rule 8.3), so that they can be found after they are deleted.
    people_folded = models.TextField(blank=True, editable=False)
    groups_folded = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["company_id", "-at", "-id"], name="audit_by_time"),
            models.Index(fields=["target_kind", "target_id", "target_version"], name="audit_by_target"),
            models.Index(fields=["actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["company_id", "action", "-at", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target_name}"

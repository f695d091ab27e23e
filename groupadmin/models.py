"""What the installation itself keeps."""

from django.db import models


class Worker(models.Model):
    """A background worker that runs: it says so every few seconds, as long as it does."""

    id = models.CharField(primary_key=True, max_length=64)
    # Where it runs, so that others there see at once when it has ended (groupadmin.worker).
    machine = models.CharField(max_length=200)
    process = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.id

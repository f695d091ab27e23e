from django.db import models


class FailureCount(models.Model):
    """How often something failed lately: a sign-in to an account, or from an address (rule 9.5).

    Not in the cache: it forgets when it is full, which strangers could bring about, and counts inexactly
    when many fail at once.
    """

    # A hash, so that what strangers enter is not stored; and of one length, whatever it is.
    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.count}"

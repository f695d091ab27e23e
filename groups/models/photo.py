from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Member


class PhotoDraft(models.Model):
    """A photo chosen in a dialog that is not saved yet, already re-encoded (rule 2.6).

    Browsers clear a file field when a form comes back with an error; the draft keeps the choice.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    photo = models.ImageField(upload_to="drafts/")
    photo_small = models.ImageField(upload_to="drafts/")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("photo draft")
        verbose_name_plural = _("photo drafts")

    def __str__(self) -> str:
        return f"{self.pk}"

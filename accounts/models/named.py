import hashlib
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from groupadmin.base import finding, name_order  # noqa: F401  # register the lookups
from groupadmin.base.search_text import search_text
from groupadmin.base.text import fold, isolated

SORTED_LENGTH = 100
NAME_FORMS = ("name_folded", "name_sort", "name_key", "name_search")

# Limits as people count characters, and in code points (rules 2.4, 2.5).
NAME_LENGTH, NAME_CODE_POINTS = 100, 1000
DESCRIPTION_LENGTH, DESCRIPTION_CODE_POINTS = 300, 3000


class Named(models.Model):
    """Has a name, stored together with the forms used for searching, sorting and comparing.

    The key is a hash, since a folded name can be longer than a database can index.
    """

    name = models.CharField(_("name"), max_length=NAME_CODE_POINTS)
    name_folded = models.TextField(editable=False)
    name_sort = models.CharField(max_length=SORTED_LENGTH, editable=False)
    name_key = models.CharField(max_length=64, editable=False)
    name_search = models.TextField(default="", editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """For Django admin, which puts it between other text (rule 2.4)."""
        return isolated(self.name)

    def save(self, **kwargs: Any) -> None:
        self.fold_name()
        if (fields := kwargs.get("update_fields")) is not None and "name" in fields:
            kwargs["update_fields"] = {*fields, *NAME_FORMS}
        super().save(**kwargs)

    def fold_name(self) -> None:
        """Derives the folded forms; save() calls it, bulk writes must do so themselves."""
        self.name_folded = fold(self.name)
        self.name_sort = self.name_folded[:SORTED_LENGTH]
        self.name_key = name_key(self.name)
        self.name_search = search_text(self.name)


class Sourced(models.Model):
    """May come from another system, which knows it by an id of its own (rule 10.4)."""

    # The name of the system; empty for what was made by hand.
    source = models.CharField(_("source"), max_length=100, blank=True, default="", editable=False)
    external_id = models.CharField(_("external ID"), max_length=255, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def origin(self) -> str:
        """The system that it comes from, and its id there, in words; empty if it was made by hand."""
        values = {"source": isolated(self.source), "id": isolated(self.external_id)}
        if self.source and self.external_id:
            return gettext("Comes from %(source)s · ID %(id)s") % values
        if self.source:
            return gettext("Comes from %(source)s") % values
        return gettext("ID %(id)s") % values if self.external_id else ""


def once_per_source(name: str) -> models.UniqueConstraint:
    """A Sourced model's constraint: an external id stands once per company and source (rule 10.4)."""
    return models.UniqueConstraint(
        fields=["company", "source", "external_id"], condition=~Q(external_id=""), name=name
    )


def name_key(name: str) -> str:
    """Equal for names that a person would take for the same (rule 2.4)."""
    return hashlib.sha256(fold(name).encode()).hexdigest()

"""Addresses as actions take them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from accounts.forms.common import not_ours
from accounts.models import Company, Domain
from accounts.models.address import as_stored
from groupadmin.base.errors import Invalid

from .fields import Text

EMAIL_LENGTH = 320

Email = Annotated[Text, Field(max_length=EMAIL_LENGTH, json_schema_extra={"examples": ["jane@example.com"]})]


def halves_of(company: Company, emails: Sequence[str], field: str) -> list[tuple[str, int]]:
    """What stands before the @, and the id of the company's domain. Raises Invalid."""
    halves = [as_stored(email).rpartition("@")[::2] for email in emails]
    names = {name for _local_part, name in halves}
    domains = dict(Domain.objects.usable().filter(company=company, name__in=names).values_list("name", "pk"))
    for (_local_part, name), email in zip(halves, emails, strict=True):
        if name not in domains:
            raise Invalid(field, not_ours(email))
    return [(local_part, domains[name]) for local_part, name in halves]

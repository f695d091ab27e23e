from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from accounts.models import AuditEntry, Company, Member
from groups.actions import Entries, GroupSettings, ListSettings, keep_photo_draft
from groups.models import PhotoDraft
from tests.helpers import changed


@pytest.fixture
def dialog(master: Member, member: Member) -> Callable[..., GroupSettings]:
    """What the dialog "Add Group" says once name, master and member are filled in."""

    def fill(**values: Any) -> GroupSettings:
        filled: dict[str, Any] = {
            "name": "Launch",
            "masters": frozenset({master.pk}),
            "entries": Entries(members=frozenset({member.pk})),
        }
        return changed(GroupSettings("", frozenset()), **(filled | values))

    return fill


@pytest.fixture
def list_at(company: Company) -> Callable[..., ListSettings]:
    """Settings of a mailing list at an address of the company."""

    def at(local_part: str, **values: Any) -> ListSettings:
        return ListSettings(local_part, company.primary_domain.pk, **values)

    return at


@pytest.fixture
def draft_of() -> Callable[[Member], PhotoDraft]:
    """A picture that the member has just chosen."""

    def draft(member: Member) -> PhotoDraft:
        file = BytesIO()
        Image.new("RGB", (40, 30), "teal").save(file, "PNG")
        size = file.tell()
        file.seek(0)
        return keep_photo_draft(member, file, size)

    return draft


@pytest.fixture
def last_entry() -> Callable[[], AuditEntry]:
    """The newest entry of the audit."""
    return lambda: AuditEntry.objects.order_by("-pk")[0]

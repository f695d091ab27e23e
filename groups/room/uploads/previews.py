"""Pictures of the first pages of PDF files, rendered by the worker (rule 3.5)."""

import secrets
from pathlib import Path

from django.core.files.base import ContentFile
from django_tasks import task

from groupadmin.base import confined
from groupadmin.base.files import storing
from groupadmin.base.outage import trouble_of
from groups.models import StoredFile

from .files import PREVIEW_SIDE

PDF = "application/pdf"
PDF_MAX_BYTES = 50 * 1024 * 1024
DRAWER = Path(__file__).with_name("pdf_page.py")
LIMITS = confined.Limits(memory=1024**3, seconds=10, answer=5 * 1024 * 1024)


def is_wanted(stored: StoredFile) -> bool:
    """Whether the worker should render a page."""
    return stored.content_type == PDF and 0 < stored.size <= PDF_MAX_BYTES


@task()
def add_preview(pk: int) -> bool:
    """Renders the first page, if possible. Running it again does no harm."""
    stored = StoredFile.objects.filter(pk=pk, preview="").first()
    if stored is None or not is_wanted(stored) or (drawn := _drawn(stored)) is None:
        return False
    picture, size = drawn
    with storing() as save:
        save(stored.preview, secrets.token_urlsafe(16), ContentFile(picture))
    preview = {"preview": stored.preview.name, "width": size[0], "height": size[1]}
    if StoredFile.objects.filter(pk=pk, preview="").update(**preview):
        return True
    stored.preview.storage.delete(str(stored.preview.name))
    return False


def _drawn(stored: StoredFile) -> tuple[bytes, tuple[int, int]] | None:
    """The page as a small picture; None if it is not a PDF file, or takes too much time or memory."""
    try:
        with stored.file.open("rb") as content:
            drawn = confined.run(DRAWER, content, str(PREVIEW_SIDE), limits=LIMITS)
        size, _end, picture = drawn.partition(b"\n")
        width, height = size.split()
        return picture, (int(width), int(height))
    except (OSError, ValueError, confined.Failed) as problem:
        if trouble_of(problem) is not None:
            # Tried again when there is space.
            raise
        return None

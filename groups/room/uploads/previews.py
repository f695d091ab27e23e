"""Pictures of the first pages of PDF files, rendered by the worker (rule 3.5)."""

import io
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile
from django_tasks import task
from PIL import Image

from groups.models import StoredFile

from .pdf_page import SECONDS, SIDE

PDF = "application/pdf"
PDF_MAX_BYTES = 50 * 1024 * 1024
PICTURE_MAX_BYTES = 5 * 1024 * 1024
PROJECT = Path(__file__).resolve().parents[3]


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
    stored.preview.save(secrets.token_urlsafe(16), ContentFile(picture), save=False)
    preview = {"preview": stored.preview.name, "width": size[0], "height": size[1]}
    if StoredFile.objects.filter(pk=pk, preview="").update(**preview):
        return True
    stored.preview.storage.delete(str(stored.preview.name))
    return False


def _drawn(stored: StoredFile) -> tuple[bytes, tuple[int, int]] | None:
    """The page as a small picture; None if it is not a PDF file, or takes too much time or memory."""
    try:
        with stored.file.open("rb") as content, tempfile.TemporaryFile() as copy:
            for chunk in content.chunks():
                copy.write(chunk)
            copy.seek(0)
            drawn = subprocess.run(
                [sys.executable, "-m", "groups.room.uploads.pdf_page"],
                stdin=copy,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=PROJECT,
                timeout=SECONDS + 5,
                check=True,
            ).stdout
        with Image.open(io.BytesIO(drawn[:PICTURE_MAX_BYTES]), formats=["PNG"]) as picture:
            picture.thumbnail((SIDE, SIDE))
            buffer = io.BytesIO()
            picture.convert("RGB").save(buffer, "WEBP", quality=80)
            return buffer.getvalue(), picture.size
    except (OSError, ValueError, subprocess.SubprocessError, Image.DecompressionBombError):
        return None

"""Photos for tests of people."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Member


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


def set_photo(person: Member) -> None:
    person.photo.save("photo.webp", SimpleUploadedFile("photo.webp", picture("WEBP")))

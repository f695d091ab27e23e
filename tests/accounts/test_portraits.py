"""People's photos: set, refused, served, and shown to whom (rules 1.1, 2.6, 6.4)."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import AuditEntry, ContactRequest, Member
from tests.factories import GroupFactory
from tests.helpers import ClientOf

from .pages import text_of
from .portraits import picture, set_photo


@pytest.fixture
def client(client_of: ClientOf, member: Member) -> Client:
    return client_of(member)


def upload(content: bytes, name: str = "me.png") -> dict[str, SimpleUploadedFile]:
    return {"photo": SimpleUploadedFile(name, content, "image/png")}


def test_others_see_neither_page_nor_photo(
    client_of: ClientOf, member: Member, guest: Member, stranger: Member
) -> None:
    """Rules 1.1, 6.4: contacts, who asks whom they ask, and those in a group together."""
    set_photo(member)
    page, photo = (
        reverse("groups:member", args=[member.pk]),
        reverse("accounts:member_photo", args=[member.pk]),
    )

    def sees(viewer: Member) -> bool:
        answers = {client_of(viewer).get(address).status_code for address in (page, photo)}
        assert len(answers) == 1
        return answers == {200}

    assert not sees(guest)
    ContactRequest.objects.create(asker=guest, person=member, address=member.email)
    assert not sees(guest)  # who asks sees nothing of whom they ask
    ContactRequest.objects.create(asker=member, person=guest, address=guest.email)
    assert sees(guest)
    assert not sees(stranger)
    GroupFactory.create(company=member.company, external=True, members=[member, stranger])
    assert sees(stranger)
    shown = text_of(client_of(stranger).get(page))
    assert "Momo Member" in shown
    assert "momo@hanbit.example" not in shown


def test_ones_own_photo(
    client: Client, member: Member, media: Path, django_capture_on_commit_callbacks: object
) -> None:
    """Re-encoded and square; the one before is removed once the new one is there (rules 2.6, 6.4)."""
    address = reverse("accounts:profile_photo")
    assert client.post(address, upload(picture())).status_code == 302
    member.refresh_from_db()
    first = Path(member.photo.path)
    with Image.open(first) as kept:
        assert (kept.format, kept.size) == ("WEBP", (192, 192))
    assert f"{reverse('accounts:member_photo', args=[member.pk])}?v=" in text_of(client.get("/profile/"))

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        client.post(address, upload(picture("JPEG")))
    member.refresh_from_db()
    assert not first.exists()
    assert Path(member.photo.path).exists()

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        client.post(reverse("accounts:profile_photo_remove"))
    member.refresh_from_db()
    assert not member.photo
    assert not list((media / "members").iterdir())
    entries = AuditEntry.objects.filter(action="member.set_photo").order_by("pk")
    assert [entry.changes["photo"] for entry in entries] == [
        ["", "a photo"],
        ["a photo", "a photo"],
        ["a photo", ""],
    ]


@pytest.mark.parametrize(
    "content", [b"", b"not a picture", picture()[:100], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture(client: Client, member: Member, content: bytes) -> None:
    set_photo(member)

    answer = client.post(reverse("accounts:profile_photo"), upload(content))

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text_of(answer)
    assert Member.objects.get(pk=member.pk).photo == member.photo


def test_the_photos_answer(client: Client, member: Member) -> None:
    """Kept by browsers, by its version, and by no proxy."""
    address = reverse("accounts:member_photo", args=[member.pk])
    assert client.get(address).status_code == 404
    set_photo(member)

    kept = client.get(f"{address}?v=1")
    assert {"private", "max-age=86400"} == set(kept["Cache-Control"].split(", "))
    assert kept["Content-Type"] == "image/webp"
    assert kept["X-Content-Type-Options"] == "nosniff"
    assert "no-cache" in client.get(address)["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": kept["ETag"]}).status_code == 304
    Path(member.photo.path).unlink()
    assert client.get(address).status_code == 404

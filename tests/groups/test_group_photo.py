"""A group's photo is served to whoever may see the group, and to nobody else (rules 2.6, 5.3)."""

import io
from collections.abc import Iterable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Member
from groupadmin.base.pictures import read_picture
from groups.models import Group
from tests.helpers import client_of


@pytest.fixture
def pictured(private_group: Group) -> Group:
    """A private group with a photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
    buffer.seek(0)
    pictures = read_picture(buffer, len(buffer.getvalue()))
    private_group.photo.save("photo.webp", pictures.room, save=False)
    private_group.photo_small.save("small.webp", pictures.small, save=True)
    return private_group


def photo(group: Group, size: str = "small") -> str:
    return reverse("groups:photo", args=[group.pk, size])


def body(response: Any) -> bytes:
    parts: Iterable[bytes] = response.streaming_content
    return b"".join(parts)


@pytest.mark.parametrize(("size", "side"), [("small", 96), ("room", 512)])
def test_in_two_sizes(size: str, side: int, pictured: Group, insider: Member) -> None:
    response = client_of(insider).get(photo(pictured, size))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(body(response))).size == (side, side)


@pytest.mark.parametrize("who", ["outsider", "stranger", "other_administrator"])
def test_not_to_those_who_may_not_know_of_the_group(
    who: str, pictured: Group, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.get(photo(pictured)).status_code == 404


def test_not_without_signing_in(pictured: Group, client: Any) -> None:
    assert client.get(photo(pictured)).status_code == 302


def test_of_a_deleted_group_to_administrators_only(
    pictured: Group, insider: Member, administrator: Member
) -> None:
    """They find it under "Recently deleted" (rule 2.17)."""
    Group.objects.filter(pk=pictured.pk).update(deleted_at=timezone.now())
    assert client_of(insider).get(photo(pictured)).status_code == 404
    response = client_of(administrator).get(photo(pictured))
    assert response.status_code == 200
    body(response)


def test_what_is_not_there(pictured: Group, insider: Member, group: Group) -> None:
    client = client_of(insider)
    assert client.get(photo(pictured, "large")).status_code == 404
    assert client.get(photo(group)).status_code == 404
    for pk in (0, 2**63 - 1, 2**63, 10**30):
        assert client.get(reverse("groups:photo", args=[pk, "small"])).status_code == 404
    pictured.photo_small.storage.delete(str(pictured.photo_small.name))
    assert client.get(photo(pictured)).status_code == 404


def test_browsers_keep_it_for_one_reader(pictured: Group, insider: Member, outsider: Member) -> None:
    """With the version in its address a day long; without, they ask again and mostly get no body."""
    client = client_of(insider)
    first = client.get(photo(pictured))
    body(first)
    assert "private" in first["Cache-Control"]
    assert "no-cache" in first["Cache-Control"]
    again = client.get(photo(pictured), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert (
        client_of(outsider).get(photo(pictured), headers={"If-None-Match": first["ETag"]}).status_code == 404
    )
    kept = client.get(f"{photo(pictured)}?v=3")
    body(kept)
    assert "private" in kept["Cache-Control"]
    assert "max-age=86400" in kept["Cache-Control"]


def test_the_list_asks_for_the_version(pictured: Group, insider: Member) -> None:
    Group.objects.filter(pk=pictured.pk).update(version=1234)
    assert f"{photo(pictured)}?v=1234" in client_of(insider).get(reverse("groups:list")).content.decode()

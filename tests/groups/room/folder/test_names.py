"""Names of files stay as they were sent, from the upload to the download (rule 3.9)."""

import io
import unicodedata
from importlib import import_module
from itertools import combinations
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from groups.models import FolderFile, Group
from groups.room.folder.reading import token_of
from tests.factories import FolderFactory, FolderFileFactory

from .pages import JSON, begin, packed, piece, url

pytestmark = pytest.mark.django_db

NAMES = [
    "👩‍🚀 launch.txt",
    "نامه‌ها.txt",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f.png",
    ".editorconfig",
    " . spaces and dots . ",
    "a  b &amp; c.txt",
    "100%.txt",
    "a:b?c*d|e<f>g\\h.txt",
    "שלום\u200f.txt",
    "첫째 둘째 " * 41 + ".hwp",
    "😀" * 255,
]


def named(name: str, content: bytes = b"content") -> io.BytesIO:
    """A file as a browser sends it; Django's own would change its name."""
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.mark.parametrize("in_memory", [True, False])
def test_sent_whole(room: Group, client: Client, settings: object, in_memory: bool) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000 * in_memory  # type: ignore[attr-defined]
    client.post(url("upload", room.pk), {"files": [named(name) for name in NAMES]})
    assert list(FolderFile.objects.order_by("pk").values_list("name", flat=True)) == NAMES
    for item in FolderFile.objects.all():
        assert (item.versions.get().stored.file.name or "").isascii(), "the disk has a name of its own"
        header = client.get(url("folder_file", room.pk, item.pk))["Content-Disposition"]
        start = "attachment; filename*=utf-8''"
        written = unquote(header.removeprefix(start)) if header.startswith(start) else header.split('"')[1]
        assert written == item.name
    assert client.get(url("folder", room.pk)).status_code == 200


def test_sent_in_pieces(room: Group, client: Client) -> None:
    for name in NAMES:
        begun = begin(client, room, 1, name=name).json()
        assert piece(client, begun["url"], 0, b"x").json()["done"]
    assert list(FolderFile.objects.order_by("pk").values_list("name", flat=True)) == NAMES


def test_browsers_escape_three_characters(room: Group, client: Client) -> None:
    client.post(url("upload", room.pk), {"files": named("the %22plan%22.txt")})
    assert FolderFile.objects.get().name == 'the "plan".txt'


def test_a_path_before_the_name_is_none_of_it(room: Group, client: Client) -> None:
    begun = begin(client, room, 1, name="../../etc/passwd").json()
    assert piece(client, begun["url"], 0, b"x").json()["done"]
    assert FolderFile.objects.get().name == "passwd"


PAIRS = [
    "②안.pdf",
    "2안.pdf",
    "２안.pdf",
    "plan.pdf",
    "PLAN.pdf",
    "Maß.txt",
    "MASS.txt",
    "x?y",
    "x*y",
    ".z",
    "z",
]


def test_names_that_only_look_alike_are_two_files(room: Group, client: Client) -> None:
    for name in PAIRS:
        client.post(url("upload", room.pk), {"files": named(name, name.encode())})
    for one, other in combinations(FolderFile.objects.order_by("pk"), 2):
        assert one.name != other.name
    assert [item.versions.count() for item in FolderFile.objects.all()] == [1] * len(PAIRS)


def test_a_name_in_parts_is_the_same_file(room: Group, client: Client) -> None:
    """As a Mac sends it."""
    for form in ("NFC", "NFD"):
        client.post(url("upload", room.pk), {"files": named(unicodedata.normalize(form, "보고서é.hwp"))})
    assert (FolderFile.objects.get().name, FolderFile.objects.get().versions.count()) == ("보고서é.hwp", 2)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("가" * 256, "has 256 characters. Shorten it to 255"),
        ("a%0Ab.txt", "control character"),
        ("cod\u202egpj.exe", "turns its letters around"),
        (" . ", "can be seen"),
        ("..", "can be seen"),
    ],
)
def test_what_cannot_be_a_name_is_refused_and_the_rest_arrives(
    room: Group, client: Client, name: str, reason: str
) -> None:
    answer = client.post(url("upload", room.pk), {"files": [named(name), named("fine.txt")]})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert FolderFile.objects.get().name == "fine.txt"
    assert (
        reason in client.post(url("upload", room.pk), {"files": named(name)}, headers=JSON).json()["message"]
    )


def test_only_in_a_zip_file_names_are_adapted_and_it_says_so(room: Group, client: Client) -> None:
    top = FolderFactory.create(group=room, name="Plans: 3/4")
    FolderFactory.create(group=room, parent=top, name="v1.")
    for name in ("aux.txt", "계획.hwp", "Plan.pdf", "PLAN.pdf", "what?.txt"):
        FolderFileFactory.create(group=room, folder=top, name=name, content=name.encode())
    found = packed(client, url("folder_zip", room.pk), {"item": token_of(top)})
    place = "Plans_ 3_4/"
    assert set(found.namelist()) == {
        *(place, f"{place}v1_/", f"{place}aux_.txt", f"{place}계획.hwp", f"{place}Plan.pdf"),
        *(f"{place}PLAN (2).pdf", f"{place}what_.txt", "names-changed.txt"),
    }
    assert found.read(f"{place}PLAN (2).pdf") == b"PLAN.pdf"
    assert found.getinfo(f"{place}계획.hwp").flag_bits & 0x800, "marked as UTF-8"
    note = found.read("names-changed.txt").decode("utf-8-sig").splitlines()
    assert f"{place}aux_.txt" in note
    assert note[note.index(f"{place}PLAN (2).pdf") + 1].strip() == "PLAN.pdf"
    assert not [line for line in note if "계획" in line]
    top.refresh_from_db()
    assert top.name == "Plans: 3/4"


def test_names_from_before_are_compared_as_they_are_written(room: Group) -> None:
    item, folder = FolderFileFactory.create(group=room, name="①.pdf"), FolderFactory.create(group=room)
    for row in (item, folder):
        type(row).objects.filter(pk=row.pk).update(name_key="folded")
    import_module("groups.migrations.0008_file_keys").write_keys(apps, connection.schema_editor())
    for row in (item, folder):
        assert type(row).objects.get(pk=row.pk).name_key == row.name_key

"""Files in a folder and in a bucket of an S3 server: whoever stores and reads them sees no difference."""

import io
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import models
from django.test import RequestFactory

from groupadmin.base import outage
from groupadmin.base.files import FileStorage, TooSmall, Unfinished
from groupadmin.base.outage import StoreAway, Trouble
from groupadmin.base.serving import file_answer, tag_of
from groupadmin.settings.storage import file_storage
from tests.postgres import free_port
from tests.s3 import Server, bucket, s3_server

__all__ = ["bucket", "s3_server"]
MB = 1024 * 1024
# What S3 takes in the middle of a file, and not as one piece.
PIECES = [bytes([number]) * (5 * MB) for number in (1, 2)] + [b"end"]


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, media: Path) -> Any:
    """Each way to keep files."""
    return request.getfixturevalue("bucket") if request.param == "bucket" else FileStorage()


def add_all(store: Any, begun: Unfinished, pieces: list[bytes]) -> None:
    here = 0
    for number, piece in enumerate(pieces, 1):
        store.add(begun, here, iter([piece[:7], piece[7:]]), is_last=number == len(pieces))
        here += len(piece)
        assert store.received(begun) == here


class TestEither:
    def test_keeps_lists_and_deletes(self, store: Any) -> None:
        assert store.save("rooms/2026/12/a", ContentFile(b"first")) == "rooms/2026/12/a"
        again = store.save("rooms/2026/12/a", ContentFile(b"second"))
        assert again != "rooms/2026/12/a", "nothing is ever written over"
        assert [store.open(name).read() for name in ("rooms/2026/12/a", again)] == [b"first", b"second"]
        assert store.size(again) == 6
        assert store.exists(again)
        assert store.listdir("rooms/2026") == (["12"], [])
        assert sorted(store.listdir("rooms/2026/12")[1]) == sorted(["a", again.rpartition("/")[2]])
        store.delete(again)
        store.delete(again)
        assert not store.exists(again)
        with pytest.raises(FileNotFoundError):
            store.open(again)
        with pytest.raises(FileNotFoundError):
            store.size(again)

    def test_reads_from_anywhere(self, store: Any) -> None:
        """As zip files and workbooks are read: to the end, back, a little at a time."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number in range(3):
                archive.writestr(f"{number}.txt", bytes([65 + number]) * (2 * MB))
        name = store.save("imports/a", ContentFile(packed.getvalue()))
        with store.open(name) as file, zipfile.ZipFile(file) as archive:
            assert archive.read("2.txt")[-3:] == b"CCC"
            assert archive.read("0.txt")[:3] == b"AAA"
        with store.open(name) as file:
            file.seek(-2, io.SEEK_END)
            assert file.read() == packed.getvalue()[-2:]
            assert file.read() == b""
            file.seek(0)
            assert file.read(4) == b"PK\x03\x04"

    def test_opens_the_same_file_again(self, store: Any) -> None:
        """As the preview of a file is drawn before it is stored."""
        file = FieldLike(store, store.save("a", ContentFile(b"content")))
        for _time in range(2):
            with file.open("rb") as content:
                assert content.read() == b"content"
        assert file.open("rb").read() == file.open("rb").read() == b"content"

    def test_is_written_as_it_comes_and_there_once_it_is_whole(self, store: Any) -> None:
        with store.writing("exports/a.zip") as target:
            for piece in PIECES:
                assert target.write(piece) == len(piece)
        assert store.open("exports/a.zip").read() == b"".join(PIECES)
        with store.writing("exports/empty"):
            pass
        assert store.size("exports/empty") == 0

    def test_leaves_nothing_of_what_fails(self, store: Any) -> None:
        with pytest.raises(RuntimeError), store.writing("exports/a.zip") as target:  # noqa: PT012
            target.write(b"x" * (9 * MB))
            raise RuntimeError
        assert not store.exists("exports/a.zip")
        assert list(store.unfinished()) == []

    def test_takes_pieces_one_after_the_other(self, store: Any) -> None:
        begun = store.begin("rooms/2026/12/a", 11)
        assert store.received(begun) == 0
        add_all(store, begun, PIECES)
        assert store.open(begun.name).read() == b"".join(PIECES)

    def test_that_is_empty_is_whole_at_once(self, store: Any) -> None:
        begun = store.begin("rooms/2026/12/a", 0)
        assert store.received(begun) == 0
        assert store.open(begun.name).read() == b""

    def test_forgets_what_is_not_wanted(self, store: Any) -> None:
        begun = store.begin("rooms/2026/12/a", 11)
        store.add(begun, 0, iter([PIECES[0]]), is_last=False)
        store.abandon(begun)
        assert store.received(begun) is None
        assert not store.exists(begun.name)
        store.abandon(begun)

    def test_hands_on_the_part_that_is_asked_for(self, store: Any) -> None:
        file = FieldLike(store, store.save("rooms/2026/12/a", ContentFile(b"0123456789")))
        for asked, status, content in (
            ("bytes=2-4", 206, b"234"),
            ("bytes=7-", 206, b"789"),
            ("bytes=-2", 206, b"89"),
            ("bytes=5-99", 206, b"56789"),
            ("bytes=10-", 416, b""),
            ("bytes=0-1,3-4", 200, b"0123456789"),
            ("bytes=4-2", 200, b"0123456789"),
            ("lines=1-2", 200, b"0123456789"),
        ):
            answer = self._asked(file, Range=asked)
            assert (answer.status_code, content_of(answer)) == (status, content), asked
        assert self._asked(file, Range="bytes=2-4")["Content-Range"] == "bytes 2-4/10"
        assert self._asked(file, Range="bytes=10-")["Content-Range"] == "bytes */10"
        assert self._asked(file)["Content-Length"] == "10"
        assert self._asked(file)["Accept-Ranges"] == "bytes"
        changed = self._asked(file, **{"Range": "bytes=2-4", "If-Range": '"another"'})
        assert (changed.status_code, content_of(changed)) == (200, b"0123456789")
        assert self._asked(file, **{"If-None-Match": tag_of(file)}).status_code == 304

    def _asked(self, file: Any, **headers: str) -> Any:
        return file_answer(RequestFactory().get("/", headers=headers), file, "text/plain")


class FieldLike(models.fields.files.FieldFile):
    """What a row's file is, without a row."""

    def __init__(self, storage: Any, name: str) -> None:
        field = models.FileField(storage=storage)
        super().__init__(None, field, name)  # type: ignore[arg-type]


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


class TestBucket:
    def test_is_below_its_prefix_and_nobody_else_s(self, bucket: Any) -> None:
        """Neither listed nor given to who does not sign: only a signed address opens a file, for a while."""
        name = bucket.save("rooms/2026/12/a", ContentFile(b"secret"))
        key = f"ours/here/{name}"
        (listed,) = bucket.client.list_objects_v2(Bucket=bucket.bucket_name)["Contents"]
        assert listed["Key"] == key
        grants = bucket.client.get_object_acl(Bucket=bucket.bucket_name, Key=key)["Grants"]
        assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"], "its owner alone"
        url = bucket.signed_url(name, 60, "application/octet-stream", 'attachment; filename="a"')
        asked = parse_qs(urlsplit(url).query)
        assert asked["X-Amz-Expires"] == ["60"]
        with urlopen(url) as answer:
            assert answer.read() == b"secret"
            assert answer.headers["Content-Disposition"] == 'attachment; filename="a"'

    def test_knows_no_paths(self, bucket: Any) -> None:
        with pytest.raises(NotImplementedError):
            bucket.path("a")
        with pytest.raises(ValueError, match="written whole"):
            bucket.open("a", "wb")

    def test_takes_no_small_piece_in_the_middle(self, bucket: Any) -> None:
        begun = bucket.begin("rooms/2026/12/a", 11)
        with pytest.raises(TooSmall):
            bucket.add(begun, 0, iter([b"small"]), is_last=False)
        assert bucket.received(begun) == 0

    def test_lists_what_has_been_begun(self, bucket: Any) -> None:
        begun = bucket.begin("rooms/2026/12/a", 11)
        ((found, _at),) = bucket.unfinished()
        assert found == begun

    def test_that_breaks_off_is_read_on(self, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reader that took its time finds the connection closed."""
        name = bucket.save("rooms/2026/12/a", ContentFile(b"0123456789" * MB))
        file = bucket.open(name)
        assert file.read(10) == b"0123456789"
        raw = file.file.raw
        monkeypatch.setattr(raw, "_stream", BrokenOff(raw._stream))
        assert file.read() == b"0123456789" * (MB - 1)

    def test_that_is_away_is_an_outage(self) -> None:
        """Nobody is told of a fault of ours; pages answer 503, and tasks are tried again."""
        options = file_storage(f"s3://k:s@files?endpoint=http://127.0.0.1:{free_port()}&region=eu")
        store = made(options)
        store.client_config = store.client_config.merge(quick())
        for ask, *arguments in ((store.size, "a"), (store.open, "a"), (store.begin, "a", 1)):
            with pytest.raises(StoreAway) as raised:
                ask(*arguments)
            assert outage.trouble_of(raised.value) is Trouble.NO_FILES

    def test_that_is_not_there_is_an_outage(self, s3_server: Server) -> None:
        with pytest.raises(StoreAway):
            made(file_storage(s3_server.address("nobody-made-it"))).save("a", ContentFile(b"a"))


class BrokenOff:
    """A stream of a connection that the server has closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, _size: int) -> bytes:
        raise ConnectionResetError

    def close(self) -> None:
        self._stream.close()


def made(storage: dict[str, Any]) -> Any:
    from groupadmin.base.bucket import Bucket

    return Bucket(**storage["OPTIONS"])


def quick() -> Any:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1})


class TestSetting:
    def test_is_a_folder_by_default(self) -> None:
        assert file_storage("") == {"BACKEND": "groupadmin.base.files.FileStorage"}

    def test_is_a_bucket(self) -> None:
        where = "endpoint=https://s3.example&region=eu&addressing=path&encryption=AES256"
        address = f"s3://AK:s%2Fe@files/a/b?{where}"
        options = file_storage(address)["OPTIONS"]
        assert options == {
            "access_key": "AK",
            "secret_key": "s/e",
            "bucket_name": "files",
            "location": "a/b",
            "endpoint_url": "https://s3.example",
            "region_name": "eu",
            "addressing_style": "path",
            "default_acl": None,
            "object_parameters": {"ServerSideEncryption": "AES256"},
        }

    @pytest.mark.parametrize("address", ["/srv/files", "s3://", "gs://files", "s3://files?endpont=x"])
    def test_is_refused_if_it_means_nothing(self, address: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="FILES"):
            file_storage(address)

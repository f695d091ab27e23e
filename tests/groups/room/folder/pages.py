"""Short ways for tests of Folder."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from groups.models import Group

JSON = {"Accept": "application/json"}
OnCommit = Callable[..., AbstractContextManager[object]]


def url(name: str, *args: object) -> str:
    return reverse(f"room:{name}", args=args)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def file(name: str = "a.txt", content: bytes = b"content") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def begin(client: Client, room: Group, size: int | str, **fields: Any) -> Any:
    sent = {"name": "large.bin", "size": str(size), "modified": "1"} | fields
    return client.post(url("upload_begin", room.pk), sent)


def piece(client: Client, address: str, offset: int, content: bytes) -> Any:
    return client.post(address, {"offset": str(offset), "piece": file("piece", content)})


def packed(client: Client, address: str, data: dict[str, object] | None = None) -> zipfile.ZipFile:
    answer = client.post(address, data) if data else client.get(address)
    assert answer.status_code == 200
    assert answer.streaming, "never as a whole in memory"
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]

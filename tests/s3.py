"""An S3 server of the tests' own, as a process on this machine, and a storage in it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from groupadmin.settings.storage import file_storage
from tests.postgres import free_port

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI"


class Server:
    """Moto's, which keeps everything in memory."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1", inside: Sequence[str] = ()) -> None:
        self.port, self.host = port or free_port(), host
        self._process = subprocess.Popen(
            [*inside, sys.executable, "-m", "moto.server", "-H", host, "-p", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET},
        )

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    def wait(self) -> None:
        for _attempt in range(600):
            try:
                with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=5) as answer:
                    json.load(answer)
                return
            except OSError:
                assert self._process.poll() is None
                time.sleep(0.05)
        raise AssertionError("the S3 server does not answer")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def address(self, bucket: str, prefix: str = "") -> str:
        """What FILES is for a bucket here."""
        where = f"endpoint={self.endpoint}&region=us-east-1&addressing=path"
        return f"s3://{KEY}:{SECRET}@{bucket}/{prefix}?{where}"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    server = Server()
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@contextmanager
def files_in(address: str) -> Iterator[Any]:
    """Has all files kept there. Gives the storage, in a new bucket."""
    storages = {
        "default": file_storage(address),
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(STORAGES=storages):
        storage: Any = default_storage
        storage.client.create_bucket(Bucket=storage.bucket_name)
        yield storage


@pytest.fixture
def bucket(s3_server: Server) -> Iterator[Any]:
    """The storage that all files of the test are kept in."""
    with files_in(s3_server.address(f"files-{uuid.uuid4().hex[:12]}", "ours/here")) as storage:
        yield storage

"""Uploads on their way: files keep their names, and when the disk is full, the rest of the form arrives."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.core.handlers.wsgi import LimitedStream
from django.http import HttpRequest, QueryDict, multipartparser
from django.urls import Resolver404, resolve
from django.utils.datastructures import MultiValueDict

from .outage import NO_SPACE_ERRORS

View = TypeVar("View", bound=Callable[..., Any])

# What a form with large files sends besides them.
REST_OF_FORM = 1024 * 1024
ESCAPED_BY_BROWSERS = {"%22": '"', "%0D": "\r", "%0A": "\n"}

# The longest name takes a kilobyte, one from a Mac two; Django would refuse the whole form.
multipartparser.MAX_TOTAL_HEADER_SIZE = 4096  # type: ignore[attr-defined]  # unknown to its stubs


def takes_large_files(limit: str) -> Callable[[View], View]:
    """Marks a view that takes more than other forms: files of as many bytes as the setting of this name says.

    Only administrators may send so much (groupadmin.middleware), and deploy/nginx.conf must let it through.
    """

    def mark(view: View) -> View:
        view.large_files_limit = limit  # type: ignore[attr-defined]
        return view

    return mark


def most_bytes(path: str) -> int:
    """How large a request to this path may be."""
    try:
        view = resolve(path).func
    except Resolver404:
        return int(settings.REQUEST_MAX_BYTES)
    limit = getattr(view, "large_files_limit", None)
    return int(getattr(settings, limit)) + REST_OF_FORM if limit else int(settings.REQUEST_MAX_BYTES)


def read_in_pieces(request: HttpRequest) -> None:
    """Has a body that comes in pieces and says no length be read (RFC 9112, 7.1): to Django it is empty.

    Not one byte more than one beyond what the path takes. For doors whose views mind how much they read.
    """
    is_in_pieces = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if is_in_pieces and request.META.get("wsgi.input_terminated"):
        stream: Any = LimitedStream(request.META["wsgi.input"], most_bytes(request.path_info) + 1)
        request._stream = stream


class _WholeNames(multipartparser.MultiPartParser):
    """Reads forms, and leaves the names of files as they were sent (rule 3.9).

    Django drops what it cannot print, such as the joiners within emoji and Persian words, and reads "&amp;".
    """

    def sanitize_file_name(self, file_name: str) -> str | None:
        for escaped, character in ESCAPED_BY_BROWSERS.items():
            file_name = file_name.replace(escaped, character)
        return file_name.rpartition("/")[2] or None


def keep_names_whole(request: HttpRequest) -> None:
    """Has this request's form read with the names of its files as they were sent (rule 3.9)."""

    def parse(
        META: Mapping[str, Any],  # noqa: N803  (Django's own name)
        post_data: Any,
    ) -> tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]:
        return _WholeNames(META, post_data, request.upload_handlers, request.encoding).parse()

    request.parse_file_upload = parse  # type: ignore[method-assign]


class _NamedAsSent:
    """Its name is whole; who stores it checks it. Django would cut it at 255 characters, or fail."""

    name: str | None = None


class _InMemory(_NamedAsSent, InMemoryUploadedFile):
    """A small file."""


class _OnDisk(_NamedAsSent, TemporaryUploadedFile):
    """A large file."""

    def __init__(self, name: str, *rest: Any) -> None:
        # Its name on the disk does not end like its own, which may be longer than a disk takes.
        super().__init__("", *rest)
        self.name = name


class MemoryUploadHandler(MemoryFileUploadHandler):
    """Keeps small files in memory."""

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        if not self.activated:
            return None
        self.file.seek(0)
        return _InMemory(
            self.file,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )


class LostUpload(_NamedAsSent, UploadedFile[Any]):
    """A file for which there was no space. Whoever reads it hears that, as from a disk that is full."""

    def __init__(self, name: str, content_type: str, size: int) -> None:
        super().__init__(None, name, content_type, size)

    def _refuse(self, *_arguments: object, **_options: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    open = read = seek = chunks = readline = readlines = _refuse

    def __iter__(self) -> Iterator[bytes]:
        self._refuse()

    def close(self) -> None:
        """Nothing is open."""


class PatientUploadHandler(TemporaryFileUploadHandler):
    """Writes files to disk while they arrive; reads on, without them, once it is full."""

    is_lost = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.is_lost = False
        try:
            FileUploadHandler.new_file(self, *args, **kwargs)
            self.file = _OnDisk(
                self.file_name or "", self.content_type, 0, self.charset, self.content_type_extra
            )
        except OSError as error:
            self._lose(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_lost:
            return
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._lose(error)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        if not self.is_lost:
            try:
                return super().file_complete(file_size)
            except OSError as error:
                self._lose(error)
        return LostUpload(self.file_name or "", self.content_type or "", file_size)

    def upload_interrupted(self) -> None:
        if not self.is_lost:
            super().upload_interrupted()

    def _lose(self, error: OSError) -> None:
        """Gives the space back at once: the rest of the form may need it."""
        if error.errno not in NO_SPACE_ERRORS:
            raise error
        self.is_lost = True
        if (file := self.__dict__.pop("file", None)) is not None:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                os.remove(file.temporary_file_path())

"""Large uploads on their way: when the disk for them is full, the rest of the form still arrives."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from .outage import NO_SPACE_ERRORS


class LostUpload(UploadedFile[Any]):
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
            super().new_file(*args, **kwargs)
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

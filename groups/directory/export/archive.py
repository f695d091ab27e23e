"""A zip file that is written piece by piece, with the checksum of each file (rule 10.7)."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from groupadmin.base.files import Target

SUMS, MANIFEST = "SHA256SUMS", "manifest.json"
# Packing them again takes long and saves nothing.
PACKED = (".zip", ".gz", ".7z", ".docx", ".xlsx", ".jpg", ".jpeg", ".png", ".webp", ".heic", ".mp4", ".mp3")


class Archive:
    """Writes files into a zip file, in constant memory however many there are."""

    def __init__(self, target: Target, at: datetime) -> None:
        # It asks for no more than writing where it cannot go back.
        self._zip = ZipFile(cast(IO[bytes], target), "w", ZIP_DEFLATED, allowZip64=True)
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the archive)
        self._time = at.timetuple()[:6]
        self.files = self.bytes = 0

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sums.close()
        self._zip.close()

    def add(self, path: str, pieces: Iterable[bytes], on_piece: Callable[[], None] | None = None) -> None:
        """Adds a file. Its checksum is noted once it is whole."""
        info = ZipInfo(path, self._time)
        info.compress_type = ZIP_STORED if path.lower().endswith(PACKED) else ZIP_DEFLATED
        # For who unpacks it: readable, and changed by its owner only.
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as out:
            for piece in pieces:
                out.write(piece)
                digest.update(piece)
                size += len(piece)
                if on_piece is not None:
                    on_piece()
        self._sums.write(f"{digest.hexdigest()}  {path}\n".encode())
        self.files += 1
        self.bytes += size

    def finish(self, about: dict[str, Any]) -> None:
        """Adds what is in it, and the checksums, as `sha256sum -c SHA256SUMS` reads them."""
        about = {**about, "files": self.files, "bytes": self.bytes, "checksums": SUMS}
        self.add(MANIFEST, [json.dumps(about, ensure_ascii=False, indent=2).encode() + b"\n"])
        self._sums.seek(0)
        info = ZipInfo(SUMS, self._time)
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as out:
            while piece := self._sums.read(64 * 1024):
                out.write(piece)

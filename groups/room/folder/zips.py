"""Several files, or whole folders, as a zip file that is streamed (rule 3.5)."""

import threading
from collections.abc import Iterable, Iterator
from functools import partial

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from zipstream import ZipStream

from groupadmin.base.errors import Invalid
from groups.models import Folder, FolderFile, Group, StoredFile

from .actions import numbered
from .reading import Chosen, below, with_newest

FILES_AT_MOST = 2000
PIECE = 64 * 1024
# Of each process of the web server: each holds a thread for as long as its reader takes.
_AT_ONCE = threading.BoundedSemaphore(2)


class _Few:
    """Pieces of a zip file, of which few are sent at once, so that slow readers leave threads for pages.

    Raises Invalid if too many are. Closed by the response, however it ends.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        if not _AT_ONCE.acquire(blocking=False):
            raise Invalid(None, _("Several zip files are being downloaded. Try again in a few minutes."))
        self._pieces = iter(pieces)
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            _AT_ONCE.release()

    def __del__(self) -> None:
        """Should a response get lost before it is sent."""
        if hasattr(self, "_is_open"):
            self.close()


def answer(group: Group, chosen: Chosen, name: str) -> StreamingHttpResponse:
    """The zip file, never as a whole in memory. Raises Invalid for too many files, or too many at once."""
    packed = ZipStream()
    for path, stored in _content(group, chosen):
        packed.add(_pieces(stored), path)
    for path in _empty_folders(chosen):
        packed.mkdir(path)
    response = StreamingHttpResponse(_Few(packed), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.zip") or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def _content(group: Group, chosen: Chosen) -> list[tuple[str, StoredFile]]:
    """Each file with its path in the zip file."""
    places = _places(chosen)
    selected = Q(pk__in=[one.pk for one in chosen.files]) | Q(folder__in=list(places))
    found = FolderFile.objects.filter(selected, group=group, binned_at__isnull=True)
    rows = list(
        with_newest(found)
        .values_list("pk", "folder", "name", "newest_id")
        .order_by("pk")[: FILES_AT_MOST + 1]
    )
    if len(rows) > FILES_AT_MOST:
        raise Invalid(None, _("A zip file can have at most %d files. Select fewer.") % FILES_AT_MOST)
    stored = StoredFile.objects.in_bulk([newest for *_rest, newest in rows if newest])
    content, taken = [], {path.rstrip("/").casefold() for path in places.values()}
    for _pk, folder, name, newest in rows:
        if newest in stored:
            content.append((_free(f"{places.get(folder, '')}{name}", taken), stored[newest]))
    return content


def _places(chosen: Chosen) -> dict[int, str]:
    """The path of each folder in the zip file, ending in a slash. Names contain none: clean_file_name."""
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for top in chosen.folders:
        inside = Folder.objects.filter(pk__in=list(below(top)), binned_at__isnull=True).in_bulk()
        for pk in below(top):
            if pk not in inside:
                continue
            folder = inside[pk]
            if folder.parent_id is not None and folder.parent_id in paths and pk != top.pk:
                paths[pk] = f"{paths[folder.parent_id]}{folder.name}/"
            elif pk == top.pk:
                paths[pk] = f"{_free(folder.name, taken)}/"
    return paths


def _empty_folders(chosen: Chosen) -> list[str]:
    return [path.rstrip("/") for path in _places(chosen).values()]


def _free(path: str, taken: set[str]) -> str:
    """The path, or the path with a number: search results can have the same name twice."""
    place, stroke, name = path.rpartition("/")
    tried, number = path, 1
    while tried.casefold() in taken:
        number += 1
        tried = f"{place}{stroke}{numbered(name, number)}"
    taken.add(tried.casefold())
    return tried


def _pieces(stored: StoredFile) -> Iterator[bytes]:
    """The bytes, read when needed. A lost file is empty, so that the others arrive."""
    try:
        with stored.file.open("rb") as content:
            yield from iter(partial(content.read, PIECE), b"")
    except FileNotFoundError:
        return

"""Several files, or whole folders, as a zip file that is streamed (rule 3.5)."""

import threading
from collections.abc import Iterable, Iterator
from functools import partial

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from zipstream import ZipStream

from groupadmin.base.errors import Invalid
from groupadmin.base.file_names import disposition
from groups.models import Folder, FolderFile, Group, StoredFile

from .reading import Chosen, below, with_newest
from .zip_names import NOTE, Paths, folder_units

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
    packed, paths = ZipStream(), Paths()
    places = _places(chosen, paths)
    for path, stored in _content(group, chosen, places, paths):
        packed.add(_pieces(stored), path)
    for path in places.values():
        packed.mkdir(path.rstrip("/"))
    if paths.changed:
        packed.add(paths.note(), paths.file("", NOTE))
    response = StreamingHttpResponse(_Few(packed), content_type="application/zip")
    response["Content-Disposition"] = disposition(f"{name}.zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def _content(
    group: Group, chosen: Chosen, places: dict[int, str], paths: Paths
) -> Iterator[tuple[str, StoredFile]]:
    """Each file with its path in the zip file."""
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
    for _pk, folder, name, newest in rows:
        if newest in stored:
            yield paths.file(places.get(folder, ""), name), stored[newest]


def _places(chosen: Chosen, paths: Paths) -> dict[int, str]:
    """The path of each folder in the zip file, ending in a slash."""
    inside: dict[int, Folder] = {}
    names: dict[int, list[str]] = {}
    for top in chosen.folders:
        found = Folder.objects.filter(pk__in=list(order := below(top)), binned_at__isnull=True).in_bulk()
        for folder in (found[pk] for pk in order if pk in found):
            # One that is chosen inside of another chosen one comes once.
            if folder.pk not in names and (folder.pk == top.pk or folder.parent_id in names):
                inside[folder.pk] = folder
                above = [] if folder.pk == top.pk else names[folder.parent_id or 0]
                names[folder.pk] = [*above, folder.name]
    most, places = folder_units(names.values()), dict[int, str]()
    for pk, folder in inside.items():
        place = places[folder.parent_id or 0] if len(names[pk]) > 1 else ""
        places[pk] = paths.folder(place, folder.name, most)
    return places


def _pieces(stored: StoredFile) -> Iterator[bytes]:
    """The bytes, read when needed. A lost file is empty, so that the others arrive."""
    try:
        with stored.file.open("rb") as content:
            yield from iter(partial(content.read, PIECE), b"")
    except FileNotFoundError:
        return

"""Reads the folders of a group (rule 3.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.http import Http404, QueryDict
from django.utils import timezone

from groupadmin.base import finding
from groupadmin.base.ids import parse_id
from groupadmin.base.paging import Page, page_of, page_of_series, page_of_union
from groupadmin.base.search_text import typed_words
from groups.models import FileVersion, Folder, FolderFile, Group, StoredFile

PAGE = 50
DEPTH_AT_MOST = 20
CHOSEN_AT_MOST = 200
IN_ORDER = {"rank": int, "name_sort__collated": str, "pk": int}
LATEST_FIRST = {"-binned_at": datetime, "rank": int, "-pk": int}
BY_NAME = {"name_sort__collated": str, "pk": int}

# One step more than the deepest path, so that it always ends.
_ABOVE = """
WITH RECURSIVE above(id, parent_id, step) AS (
  SELECT id, parent_id, 0 FROM groups_folder WHERE id = %s
  UNION ALL SELECT f.id, f.parent_id, above.step + 1
            FROM groups_folder f JOIN above ON f.id = above.parent_id WHERE above.step < 50)
SELECT id FROM above ORDER BY step DESC
"""
_BELOW = """
WITH RECURSIVE below(id, step) AS (
  SELECT id, 1 FROM groups_folder WHERE id = %s
  UNION ALL SELECT f.id, below.step + 1
            FROM groups_folder f JOIN below ON f.parent_id = below.id WHERE below.step < 50)
SELECT id, step FROM below ORDER BY step, id
"""


@dataclass(frozen=True)
class Row:
    """A line of a list: a folder, or a file with its current content; in search results also its folder."""

    item: Folder | FolderFile
    stored: StoredFile | None = None
    place: Folder | None = None

    @property
    def token(self) -> str:
        return token_of(self.item)

    @property
    def is_folder(self) -> bool:
        return isinstance(self.item, Folder)

    @property
    def days_left(self) -> int:
        """How many days it stays in the bin, including the current one."""
        if self.item.binned_at is None:
            return 0
        left = self.item.binned_at + timedelta(days=settings.ROOM_BIN_DAYS) - timezone.now()
        return max(0, -(-left // timedelta(days=1)))


@dataclass(frozen=True)
class Chosen:
    """Folders and files of a group that a member has selected."""

    folders: list[Folder]
    files: list[FolderFile]

    @property
    def items(self) -> list[Folder | FolderFile]:
        return [*self.folders, *self.files]

    @property
    def tokens(self) -> list[str]:
        return [token_of(item) for item in self.items]


def token_of(item: Folder | FolderFile) -> str:
    """Identifies a folder or a file in a form."""
    return f"{'d' if isinstance(item, Folder) else 'f'}{item.pk}"


def _number(text: str) -> int:
    """The id in a form. Raises Http404 if it is not a number."""
    pk = parse_id(text)
    if pk is None:
        raise Http404
    return pk


def live_folder(group: Group, pk: int | str | None) -> Folder | None:
    """A folder of the group; an empty id means the top. Raises Http404."""
    if pk is None or pk == "":
        return None
    number = _number(str(pk))
    folder = Folder.objects.filter(group=group, binned_at__isnull=True, pk=number).first()
    if folder is None:
        raise Http404
    return folder


def live_file(group: Group, pk: int) -> FolderFile:
    """A file of the group that is not in the bin. Raises Http404."""
    found = FolderFile.objects.filter(group=group, binned_at__isnull=True, pk=_number(str(pk))).first()
    if found is None:
        raise Http404
    return found


def chosen(group: Group, tokens: Sequence[str], *, binned: bool = False) -> Chosen:
    """The items of these tokens, all in this group and all outside its bin, or all in it. Raises Http404."""
    if len(tokens) > CHOSEN_AT_MOST:
        raise Http404
    ids: dict[str, set[int]] = {"d": set(), "f": set()}
    for token in tokens:
        if token[:1] not in ids:
            raise Http404
        ids[token[:1]].add(_number(token[1:]))
    place = Q(group=group) & (Q(binned_at__gte=bin_since()) if binned else Q(binned_at__isnull=True))
    folders = list(Folder.objects.filter(place, pk__in=ids["d"]).order_by(*BY_NAME))
    found = list(FolderFile.objects.filter(place, pk__in=ids["f"]).order_by(*BY_NAME))
    if len(folders) != len(ids["d"]) or len(found) != len(ids["f"]):
        raise Http404
    return Chosen(folders, found)


def path_of(folder: Folder | None) -> list[Folder]:
    """The path from the top down to the folder itself."""
    if folder is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [folder.pk])
        ids = [pk for (pk,) in cursor.fetchall()]
    found = Folder.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def below(folder: Folder) -> dict[int, int]:
    """The folder and all below it, with their depths, including what is in the bin."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [folder.pk])
        return dict(cursor.fetchall())


def listing(group: Group, folder: Folder | None, wanted: QueryDict, query: str = "") -> Page[Row]:
    """A page of a folder, or of the items in the whole group whose names match the query (rule 12.2)."""
    if typed_words(query):
        place = finding.finds("name_search", query)
        parts = (place, place)
    else:
        parts = (Q(parent=folder), Q(folder=folder))
    live = Q(group=group, binned_at__isnull=True)
    series = (Folder.objects.filter(live, parts[0]), FolderFile.objects.filter(live, parts[1]))
    page = page_of_series(series, IN_ORDER, wanted, PAGE)
    rows = rows_of([(rank, pk) for rank, _name, pk in page.rows], with_place=bool(typed_words(query)))
    return Page(rows, page.previous, page.next)


def bin_listing(group: Group, wanted: QueryDict) -> Page[Row]:
    """A page of the bin, newest first: deleted items, without the contents of deleted folders."""
    binned = Q(group=group, binned_at__gte=bin_since())
    union = (
        Folder.objects.filter(binned)
        .exclude(parent__binned_at=F("binned_at"))
        .annotate(rank=Value(0, IntegerField())),
        FolderFile.objects.filter(binned)
        .exclude(folder__binned_at=F("binned_at"))
        .annotate(rank=Value(1, IntegerField())),
    )
    page = page_of_union(union, LATEST_FIRST, wanted, PAGE)
    return Page(rows_of([(rank, pk) for _at, rank, pk in page.rows]), page.previous, page.next)


def bin_since() -> datetime:
    """Items deleted before this moment have expired, and are no longer shown."""
    return timezone.now() - timedelta(days=settings.ROOM_BIN_DAYS)


def rows_of(keys: Iterable[tuple[int, int]], *, with_place: bool = False) -> list[Row]:
    """Rows for (0, id of a folder) and (1, id of a file), in this order."""
    keys = list(keys)
    folders = Folder.objects.select_related("parent").in_bulk([pk for rank, pk in keys if rank == 0])
    found = with_newest(FolderFile.objects.select_related("folder")).in_bulk(
        [pk for rank, pk in keys if rank == 1]
    )
    newest = {pk: getattr(one, "newest_id", None) for pk, one in found.items()}
    stored = StoredFile.objects.select_related("author").in_bulk([pk for pk in newest.values() if pk])
    rows = []
    for rank, pk in keys:
        if rank == 0 and pk in folders:
            place = folders[pk].parent if with_place else None
            rows.append(Row(folders[pk], place=place))
        elif rank == 1 and pk in found:
            place = found[pk].folder if with_place else None
            rows.append(Row(found[pk], stored.get(newest[pk] or 0), place))
    return rows


def with_newest(found: QuerySet[FolderFile]) -> QuerySet[Any]:
    """Annotates files with the id of their current content, as `newest_id`."""
    versions = FileVersion.objects.filter(folder_file=OuterRef("pk")).order_by("-number")
    return found.annotate(newest_id=Subquery(versions.values("stored")[:1]))


def folders_in(group: Group, folder: Folder | None, wanted: QueryDict) -> Page[Folder]:
    """A page of the folders in a folder."""
    inside = Folder.objects.filter(group=group, binned_at__isnull=True, parent=folder)
    return page_of(inside, BY_NAME, wanted, PAGE)

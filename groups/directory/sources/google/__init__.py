"""Google Workspace: what its interfaces answer, as JSON, and what GAM prints, as CSV (rule 10.10).

items.py    files become users, groups, members, organizational units
noting.py   the first reading: what is called what, and who is everybody
people.py   users and organizational units become members and teams
groups.py   groups, their settings and members become groups and lists
"""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from groups.directory.records import Problem, Record
from groups.directory.sources import Source, SourceFile
from groups.directory.sources.files.notes import Notes

from .groups import Groups
from .items import items_of, recognises
from .noting import note
from .people import People


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Records of what is in the files, in the order in which it stands there."""
    with Notes() as notes:
        for file in files:
            for item in items_of(file):
                if not isinstance(item, Problem):
                    note(notes, item)
        people, groups = People(notes), Groups(notes)
        for file in files:
            for item in items_of(file):
                if isinstance(item, Problem):
                    yield item
                elif item.kind in ("user", "unit"):
                    yield from people.records(item)
                else:
                    yield from groups.records(item)


SOURCE = Source("google", _("Google Workspace"), recognises, read)

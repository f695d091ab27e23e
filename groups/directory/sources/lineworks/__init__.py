"""LINE WORKS (NAVER WORKS): its files for adding many at once, and its Directory API's answers (rule 10.10).

titles.py   what columns are called, in Korean, Japanese and English
bulk.py     rows of these files become members, teams and groups
api.py      users, orgUnits and groups in JSON do
"""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from groups.directory.records import Problem, Record
from groups.directory.sources import Source, SourceFile
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.tables import text_head

from . import api, bulk


def recognises(file: SourceFile) -> bool:
    """Whether it looks like an answer of the API, or like the console's file of members or teams."""
    return api.MARK.search(text_head(file)) is not None if _is_json(file) else bulk.recognises(file)


def read(files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """Records of what is in the files."""
    with Notes() as notes:
        for file in filter(_is_json, files):
            api.note(notes, file)
        for file in files:
            yield from (api if _is_json(file) else bulk).read(notes, file)


def _is_json(file: SourceFile) -> bool:
    return text_head(file).lstrip("\ufeff \t\r\n").startswith(("{", "["))


SOURCE = Source("lineworks", _("LINE WORKS"), recognises, read)

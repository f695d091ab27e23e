"""The sources there are, in the order in which they are asked whether they know a file (rule 10.1)."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.errors import Invalid
from groups.directory import form
from groups.directory.imports.options import Options
from groups.directory.records import Problem, Record
from groups.directory.sources import (
    Source,
    SourceFile,
    google,
    keycloak,
    kubernetes,
    ldap,
    lineworks,
    mailman2,
    mailman3,
    sympa,
)
from groups.directory.sources.bundles import is_bundle
from groups.directory.sources.files.archives import unpacked

OURS = Source("import", gettext_lazy("CSV, Excel or JSON"), lambda file: True, form.read)
"""Our own form, and whatever else has columns that say what they are: for what no other knows."""

SOURCES: tuple[Source, ...] = (
    google.SOURCE,
    keycloak.SOURCE,
    kubernetes.SOURCE,
    ldap.SOURCE,
    lineworks.SOURCE,
    mailman3.SOURCE,
    mailman2.SOURCE,
    sympa.SOURCE,
    OURS,
)


def source_named(name: str) -> Source | None:
    """The source of this name."""
    return next((source for source in SOURCES if source.name == name), None)


def source_of_url(url: str) -> Source | None:
    """The source that can be asked at a URL; None for what is no URL of any, such as a path.

    A scheme is longer than the letter of a drive.
    """
    scheme = urlsplit(url).scheme
    return next((source for source in SOURCES if source.ask and scheme in source.schemes), None)


def source_of(files: Sequence[SourceFile], format: str = "") -> Source:
    """The source that is named, else the one that knows most of the files; ours if none does. Raises Invalid.

    A zip file is looked into.
    """
    if format:
        if (named := source_named(format)) is None:
            names = ", ".join(source.name for source in SOURCES)
            raise Invalid("format", _("There is no such format. Choose one of %(names)s.") % {"names": names})
        return named
    for source in SOURCES:
        if source.unpacks and any(is_bundle(file) and source.recognises(file) for file in files):
            return source
    inside = unpacked(files)
    known = {source: sum(map(source.recognises, inside)) for source in SOURCES if source is not OURS}
    best = max(known, key=lambda source: known[source], default=OURS)
    return best if known.get(best) else OURS


def read(files: Sequence[SourceFile], options: Options) -> Iterator[Record | Problem]:
    """The records of the files, as their source reads them and the options say. Raises Invalid."""
    source = source_of(files, options.format)
    if source.unpacks:
        return source.read(files)
    inside = unpacked(files)
    if source is OURS:
        return form.read(
            inside, columns=options.columns, encoding=options.encoding, languages=options.languages
        )
    return _with_others(source, inside)


def _with_others(source: Source, files: Sequence[SourceFile]) -> Iterator[Record | Problem]:
    """What a source reads, and the files that are none of its, so that nothing is passed over in silence."""
    told = set[str]()
    for found in source.read(files):
        told.add(found.file)
        yield found
    for file in files:
        if file.name not in told and not source.recognises(file):
            words = _("This is no file of %(source)s: import it by itself.") % {"source": source.label}
            yield Problem(words, file.name, file.name)

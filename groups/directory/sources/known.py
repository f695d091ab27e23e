"""The sources there are, in the order in which they are asked whether they know a file (rule 10.1)."""

from urllib.parse import urlsplit

from groups.directory.sources import (
    Source,
    google,
    keycloak,
    kubernetes,
    ldap,
    lineworks,
    mailman2,
    mailman3,
    sympa,
)

SOURCES: tuple[Source, ...] = (
    google.SOURCE,
    keycloak.SOURCE,
    kubernetes.SOURCE,
    ldap.SOURCE,
    lineworks.SOURCE,
    mailman3.SOURCE,
    mailman2.SOURCE,
    sympa.SOURCE,
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

"""The settings, the database and what is in it."""

import time
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import get_random_string

from groupadmin.health import readiness

from .finding import Facts, Finding, error, in_words, note, ok, warning

SLOW_SECONDS = 0.2


def settings_of(facts: Facts, seconds: float) -> Iterator[Finding]:
    """What Django finds wrong with them, and what we do."""
    found = [*_of_django(), *_of_addresses(), *_of_mail(facts)]
    yield from found or [ok(f"Nothing is wrong with {settings.SETTINGS_MODULE}.")]
    if not settings.ERROR_MAILS_TO and not settings.SENTRY_DSN:
        yield note("Nobody is told of errors; they are in the log.", "Set ERROR_MAILS_TO or SENTRY_DSN.")


def _of_django() -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=True):
        if message.is_silenced() or message.level < checks.WARNING:
            continue
        say = error if message.level >= checks.ERROR else warning
        text = f"{message.id}: {' '.join(str(message.msg).split())}"
        yield say(text, message.hint or "Look it up among Django's system checks.")


def _of_addresses() -> Iterator[Finding]:
    site = urlsplit(settings.SITE_URL)
    host, _port = split_domain_port(site.netloc.lower())
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield error(
            f"Links in mails lead to {settings.SITE_URL}, which is not in ALLOWED_HOSTS.",
            "Correct GROUPADMIN_URL, or add its name to ALLOWED_HOSTS.",
        )
    if site.scheme != "https":
        yield warning(f"People's passwords cross the network as they are: {settings.SITE_URL} is not https.")


def _of_mail(facts: Facts) -> Iterator[Finding]:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if "." not in domain:
        yield warning(
            f"Mail to people comes from {settings.DEFAULT_FROM_EMAIL}, which many servers refuse.",
            "Set DEFAULT_FROM_EMAIL to an address at a domain of yours.",
        )
    if facts.domains and not settings.MAIL_AUTHSERV_ID:
        yield warning(
            "Anybody can write to lists under a colleague's name: senders are not checked.",
            'Set MAIL_AUTHSERV_ID, see "Who sent a mail" in operating.md.',
        )


def away(problem: Exception) -> Finding:
    """The database cannot be asked anything."""
    return error(
        f"Does not answer: {in_words(problem)}", "Start it, or correct DATABASE_URL in the settings."
    )


def database(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether it answers, and is one that we can use."""
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    took = time.perf_counter() - begun
    yield from _version()
    if took > SLOW_SECONDS:
        yield warning(f"One query takes {took * 1000:.0f} ms.", "Is it far away, or busy?")


def _version() -> Iterator[Finding]:
    version = connection.get_database_version()
    least = connection.features.minimum_database_version or ()
    said = f"{connection.display_name} {'.'.join(map(str, version))}"
    if version < least:
        yield error(f"{said} is too old.", f"Upgrade it to {'.'.join(map(str, least))} or later.")
        return
    if connection.vendor != "postgresql":
        yield note(f"{said}: good for trying out, on one machine.", "Use PostgreSQL for a company.")
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding != "UTF8":
        yield error(f"{said} stores {encoding}.", "Restore it into a database with --encoding UTF8.")
        return
    yield ok(f"{said} answers.")


def migrations(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether the tables are those of this version."""
    if missing := readiness.unapplied():
        names = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        yield error(f"{len(missing)} are not applied: {names}", "python manage.py migrate")
    else:
        yield ok("All are applied.")


def cache_of(facts: Facts, seconds: float) -> Iterator[Finding]:
    """Whether it keeps what it is given."""
    key, value = f"doctor-{get_random_string(12)}", get_random_string(12)
    try:
        # It may be a table, whose error must not end what is around us.
        with transaction.atomic():
            cache.set(key, value, 60)
            kept = cache.get(key) == value
            cache.delete(key)
    except DatabaseError as problem:
        yield error(in_words(problem), "python manage.py createcachetable")
        return
    yield ok("It keeps things.") if kept else error("It keeps nothing.", "Correct CACHE_URL in the settings.")

"""For modules whose tests ask a lot about the same things: those are made once a process, not once a test.

pytest-django gives each test a transaction, which within another one is a savepoint. So what is made before
the first test stands again before each, whatever the one before did, and is gone after the last.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client, override_settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Member

from .helpers import client_of

Made = TypeVar("Made")


@contextmanager
def made_once(blocker: DjangoDbBlocker, files: Path, make: Callable[[], Made]) -> Iterator[Made]:
    """What `make` makes, for as long as this is open; its uploads lie in `files`, for files_again."""
    with blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=files):
            made = make()
        yield made
        transaction.set_rollback(True)


def files_again(files: Path, media: Path) -> None:
    """One test's own copy of the uploads."""
    shutil.copytree(files, media)


class SignIns:
    """Signs people in once. Each browser begins with that alone, whatever others were told to remember."""

    def __init__(self, people: Iterable[Member]) -> None:
        self._keys = {person.pk: _session_key(person) for person in people}

    def client(self, member: Member | None, *, htmx: bool = False) -> Client:
        """A test client of the member, or of nobody, as tests.helpers.client_of gives it."""
        client = client_of(None, htmx=htmx)
        if member is not None:
            client.cookies[settings.SESSION_COOKIE_NAME] = self._keys[member.pk]
        return client

    def check_kept(self) -> None:
        """Nothing signed anybody out, so that all answers since were answers to them and not to nobody."""
        assert Session.objects.filter(pk__in=self._keys.values()).count() == len(self._keys)


def _session_key(person: Member) -> str:
    return client_of(person).cookies[settings.SESSION_COOKIE_NAME].value

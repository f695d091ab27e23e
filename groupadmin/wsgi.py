"""For gunicorn: groupadmin.wsgi:application."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "groupadmin.settings.production")
django.setup(set_prefix=False)

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest  # noqa: E402
from django.urls import resolve  # noqa: E402


class Request(WSGIRequest):
    """Read as UTF-8, which our pages are and so what their forms send, whatever encoding it names.

    Python has some that decode to no text; Django would fail on those before any middleware could answer.
    """

    @property
    def encoding(self) -> None:
        return None

    @encoding.setter
    def encoding(self, value: str) -> None:
        """Nobody sets it but Django, from the header."""


class Handler(WSGIHandler):
    request_class = Request


application = Handler()
# Reads all pages' code now, so that the first person to come does not wait for it.
resolve("/")

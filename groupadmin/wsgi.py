"""For gunicorn: groupadmin.wsgi:application."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "groupadmin.settings.production")
django.setup(set_prefix=False)

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest  # noqa: E402
from django.urls import resolve  # noqa: E402


class Request(WSGIRequest):
    """Decodes requests as UTF-8, the encoding of our pages and forms, whatever the header says.

    Python has codecs that do not decode to text; Django would fail on those before any middleware could
    answer.
    """

    @property
    def encoding(self) -> None:
        return None

    @encoding.setter
    def encoding(self, value: str) -> None:
        """Only Django sets it, from the header; ignored."""


class Handler(WSGIHandler):
    request_class = Request


application = Handler()
# Imports the code of all pages now, so that the first visitor does not wait for it.
resolve("/")

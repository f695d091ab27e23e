"""For gunicorn: groupadmin.wsgi:application."""

import os
from typing import TYPE_CHECKING, Any, BinaryIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "groupadmin.settings.production")
django.setup(set_prefix=False)

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest  # noqa: E402
from django.http import HttpResponse, HttpResponseBase  # noqa: E402
from django.urls import resolve  # noqa: E402

from groupadmin.base.memory import give_back_large_blocks  # noqa: E402
from groupadmin.reload import say_ready  # noqa: E402

if TYPE_CHECKING:
    from wsgiref.types import StartResponse


class WholeBody:
    """The body of a request, which fails if its end is missing.

    Gunicorn hands on what came before a client went away. Half a form would look like one in which nothing
    else was chosen, and be saved. Django asks for no more than was announced.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.readline = stream.readline

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise OSError(f"{size - len(data)} bytes of the request are missing")
        return data


class BodyInPieces:
    """A body that says no length (RFC 9112, 7.1): gunicorn knows its end, and fails if that is missing.

    Only views that mind how much they read get it: groupadmin/base/uploads.py.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.readline = stream.readline

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except Exception as error:  # of many kinds, for what are no pieces
            raise OSError("the request cannot be read") from error


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
    """Refuses clients that say below which path we are served, or what the path is.

    Gunicorn takes both from headers of whoever it trusts, and nginx and others may pass a client's header on.
    Where it is true, it stands in the environment (SCRIPT_NAME), never in a request.
    """

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> HttpResponseBase:
        if "HTTP_SCRIPT_NAME" in environ or "HTTP_PATH_INFO" in environ:
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return HttpResponse("Bad request")
        body = BodyInPieces if "HTTP_TRANSFER_ENCODING" in environ else WholeBody
        return super().__call__(environ | {"wsgi.input": body(environ["wsgi.input"])}, start_response)


give_back_large_blocks()
application = Handler()
# Imports the code of all pages now, so that the first visitor does not wait for it.
resolve("/")
say_ready()

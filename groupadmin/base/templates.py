"""Loads our templates without their indentation, which would be a quarter of every page."""

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader as FilesystemLoader

_BREAK = re.compile(r"\s*\n\s*")
# Including attributes on lines of their own.
_TAG = re.compile(r"<[a-zA-Z](?:\{%.*?%\}|\{\{.*?\}\}|[^<>])*>", re.DOTALL)
# A space at the edge of a link would be underlined with it.
_LINK_EDGES = re.compile(r"(<a\s(?:\{%.*?%\}|\{\{.*?\}\}|[^<>])*>)\n|\n(?=</a>)")


class Loader(FilesystemLoader):
    def get_contents(self, origin: Origin) -> str:
        contents: str = super().get_contents(origin)
        return compact(contents) if origin.name.endswith(".html") else contents


def compact(markup: str) -> str:
    """Removes indentation and puts each tag on one line. Other line breaks stay: they render as spaces."""
    lines = _BREAK.sub("\n", _TAG.sub(lambda tag: _BREAK.sub(" ", tag[0]), markup))
    return _LINK_EDGES.sub(lambda edge: edge[1] or "", lines)

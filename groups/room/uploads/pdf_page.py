"""Draws the first page of a PDF file small. Runs in a process of its own: see groupadmin/base/confined.py."""

import io

import pypdfium2

# What it imports later: nothing can be imported once the process may open no file.
from PIL import Image, WebPImagePlugin

LOADED = (WebPImagePlugin,)
Image.preinit()

LARGEST_SCALE = 4.0


def answer(source: bytes, side: str) -> bytes:
    """The width and the height on a line, and the page as WebP."""
    page = pypdfium2.PdfDocument(source)[0]
    scale = min(LARGEST_SCALE, int(side) / max(*page.get_size(), 1.0))
    picture = page.render(scale=scale).to_pil().convert("RGB")
    picture.thumbnail((int(side), int(side)))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return b"%d %d\n" % picture.size + buffer.getvalue()

"""Renders the first page of a PDF file from standard input as a picture to standard output.

A separate process, with limits on memory and time, since uploads may be crafted to break the reader. It does
not import Django.
"""

import io
import resource
import sys

MEMORY = 1024**3
SECONDS = 10
SIDE = 640


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import pypdfium2

    page = pypdfium2.PdfDocument(sys.stdin.buffer.read())[0]
    scale = min(4.0, SIDE / max(*page.get_size(), 1.0))
    picture = page.render(scale=scale).to_pil()
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG")
    sys.stdout.buffer.write(buffer.getvalue())


if __name__ == "__main__":
    main()

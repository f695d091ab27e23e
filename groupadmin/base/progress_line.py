from django.core.management.base import OutputWrapper


class ProgressLine:
    """One line of a terminal that says how far a command is; nothing where nobody looks on."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._shown = stream.isatty()

    def show(self, label: str, done: int, total: int) -> None:
        """Replaces what the line said; a total of 0 is one that is not known."""
        if self._shown:
            share = f" of {total:,} ({done * 100 // total} %)" if total else ""
            self._stream.write(f"\r\033[K{label}: {done:,}{share} ", ending="")
            self._stream.flush()

    def end(self) -> None:
        """Leaves an empty line to whoever writes next."""
        if self._shown:
            self._stream.write("\r\033[K", ending="")

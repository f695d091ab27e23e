"""What a source has brought before and no longer has is removed, never what others brought (rule 10.4)."""

from .work import Work


def find(work: Work) -> None:
    """Adds rows that remove."""

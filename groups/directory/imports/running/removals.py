"""Takes away what a source has brought before and no longer has (rule 10.4)."""

from .batch import Run


def run_removals(run: Run) -> None:
    """The rows that remove, last of all."""

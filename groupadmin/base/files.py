"""Deletes the bytes of files whose rows go."""

from django.core.files.storage import Storage
from django.db import transaction


def delete_later(storage: Storage, name: str) -> None:
    """Deletes a file when nothing can bring back any more what it belongs to.

    The change is done by then: what the disk refuses to delete is logged, and breaks neither the page nor the
    files that are still to go.
    """

    # Not a partial, whose name Django could not log.
    def delete() -> None:
        storage.delete(name)

    transaction.on_commit(delete, robust=True)

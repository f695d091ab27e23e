"""Deletes files whose rows are deleted."""

from django.core.files.storage import Storage
from django.db import transaction


def delete_later(storage: Storage, name: str) -> None:
    """Deletes a file once the deletion of its row is committed.

    A file that cannot be deleted is logged; it breaks neither the page nor the deletion of the other files.
    """

    # Not a partial: Django could not log its name.
    def delete() -> None:
        storage.delete(name)

    transaction.on_commit(delete, robust=True)

"""Files of a room, for its members alone, as long as they are and the feature is on (spec 2.16, 3.3)."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from groups.models import Feature, FileVersion, StoredFile
from groups.room.access import entered
from groups.room.messages.reading import Reading

from . import files

LARGEST_ID = 2**63 - 1


@require_safe
def download(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The file itself, always as an attachment."""
    return files.answer(_stored(request, pk, file_pk))


@require_safe
def preview(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A picture's small copy."""
    return files.answer(_stored(request, pk, file_pk), preview=True)


def _stored(request: HttpRequest, pk: int, file_pk: int) -> StoredFile:
    if max(pk, file_pk) > LARGEST_ID:
        raise Http404
    stored = StoredFile.objects.filter(pk=file_pk, group=pk).first()
    # Asked in this order so that a group that is not there, and one that is not for the asker, answer alike.
    feature = Feature(stored.feature) if stored else Feature.MESSAGE
    here = entered(request, pk, feature)
    if stored is None:
        raise Http404
    message = stored.message
    # Of messages that were taken back, or from before one's time, nothing is shown (spec 3.7).
    if message is not None and (message.recalled_at is not None or not Reading(here).may_see(message)):
        raise Http404
    if stored.feature == Feature.FOLDER and not _is_in_a_folder(stored):
        raise Http404
    return stored


def _is_in_a_folder(stored: StoredFile) -> bool:
    """Whether it belongs to a file that is not in the bin."""
    return FileVersion.objects.filter(stored=stored, folder_file__binned_at__isnull=True).exists()

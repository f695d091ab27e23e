"""What can be undone of groups (rule 10.13): the same actions as ever, which keep what they took away."""

from groups.room.folder import undoing as bin
from groups.room.tasks import undoing as tasks

from . import deletion, people, settings

KINDS = {
    people.KIND: people.undo,
    settings.KIND: settings.undo,
    deletion.KIND: deletion.undo,
    bin.KIND: bin.undo,
    tasks.KIND: tasks.undo,
}

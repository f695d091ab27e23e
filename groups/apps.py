from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    verbose_name = _("Groups")

    def ready(self) -> None:
        """Gives accounts what it needs of groups; models cannot be imported any earlier."""
        from accounts import outbox, undo
        from accounts.audit import labels
        from accounts.bulk import actions
        from accounts.consequences import hand_over

        from .audit_labels import LABELS
        from .bulk import deleted, groups
        from .consequences import CONSEQUENCES
        from .directory.export import everything
        from .directory.imports import lifecycle, undoing
        from .directory.imports.undoing import dry_run
        from .room.delete_data import job
        from .undo import KINDS
        from .webhook_events import EVENTS

        hand_over(CONSEQUENCES)
        labels.register(LABELS)
        outbox.register(EVENTS)
        job.register()
        actions.register([*groups.ACTIONS, *deleted.ACTIONS])
        lifecycle.register()
        undoing.register()
        dry_run.register()
        everything.register()
        undo.register(KINDS)

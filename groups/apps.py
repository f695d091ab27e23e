from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    verbose_name = _("Groups")

    def ready(self) -> None:
        """Tells accounts what follows in groups, and the worker which long work there is here."""
        from accounts.consequences import hand_over

        from .consequences import CONSEQUENCES
        from .room.delete_data import job

        hand_over(CONSEQUENCES)
        job.register()

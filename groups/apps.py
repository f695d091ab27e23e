from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    verbose_name = _("Groups")

    def ready(self) -> None:
        """Hands to accounts what it has to know of groups; models can be imported from here on only."""
        from accounts.audit import labels

        from .audit_labels import LABELS

        labels.register(LABELS)

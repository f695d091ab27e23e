from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Companies and people")

    def ready(self) -> None:
        """Lets Django find the checks, and the worker which long work there is here."""
        from . import checks  # noqa: F401
        from .jobs import kinds

        kinds.register()

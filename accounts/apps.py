from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Companies and people")

    def ready(self) -> None:
        """Registers Django's checks and the kinds of jobs of this app, and hears of sign-ins."""
        from . import checks  # noqa: F401
        from .bulk import actions, members, running
        from .bulk import teams as bulk_teams
        from .jobs import engine, kinds
        from .sign_in import signals
        from .undo import contacts, register, teams
        from .undo import members as deactivated

        kinds.register()
        engine.register(running.KIND_NAME, running.KIND)
        actions.register([*members.ACTIONS, *bulk_teams.ACTIONS])
        register(
            {
                deactivated.KIND: deactivated.undo,
                teams.MOVED: teams.move_back,
                teams.PEOPLE: teams.put_people_back,
                contacts.KIND: contacts.undo,
            }
        )
        signals.connect()

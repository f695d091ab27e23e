"""python manage.py mailsigning: the keys that sign the lists' mail, as on the page (rule 4.16)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor, Door
from accounts.models import Domain
from groupadmin.base.errors import Invalid
from groups.actions import signing
from groups.models import SigningKey

NEWEST_FIRST = ("domain__name", "-id")


class Command(BaseCommand):
    help = (
        "Shows the keys that sign the mailing lists' email, with their DNS records, and changes them: make a "
        "key for a domain, check whether its record is there (then it signs), stop signing. All is audited."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=["list", "make", "check", "stop"], default="list")
        parser.add_argument("domain", nargs="?", default="")

    def handle(self, *, action: str, domain: str, **options: Any) -> None:
        if not settings.MAIL_SIGN:
            raise CommandError("This installation does not sign mail: set MAIL_SIGN=yes.")
        keys = SigningKey.objects.select_related("domain__company").order_by(*NEWEST_FIRST)
        if domain:
            keys = keys.filter(domain__name=domain.lower())
        actor = Actor(None, Door.SHELL)
        try:
            if action == "make":
                found = Domain.objects.usable().select_related("company").filter(name=domain.lower()).first()
                if found is None:
                    raise CommandError("Name a domain that a company has proven.")
                signing.make_key(found, actor=actor)
            elif action != "list":
                key = keys.exclude(state=SigningKey.State.FORMER).first()
                if not domain or key is None:
                    raise CommandError("Name a domain that has a key.")
                (signing.check_key if action == "check" else signing.stop_key)(key, actor=actor)
        except Invalid as invalid:
            raise CommandError(invalid.message) from None
        shown = list(keys.all())
        for key in shown:
            self._show(key)
        if not shown:
            self.stdout.write("No keys. To make one: python manage.py mailsigning make DOMAIN")

    def _show(self, key: SigningKey) -> None:
        self.stdout.write(f"{key.record_name}  {key.get_state_display()}  {key.problem}".rstrip())
        if key.state != SigningKey.State.FORMER:
            self.stdout.write(f'    TXT "{key.record_value}"')

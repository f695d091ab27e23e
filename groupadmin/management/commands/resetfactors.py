"""Removes somebody's second factors, such as the only superuser's who has lost their phone (rule 9.2)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.factors import reset_factors
from accounts.actor import Actor
from accounts.models import Member


class Command(BaseCommand):
    help = "Removes a person's second factors. They sign in with their password, then set up new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's email address")

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.filter(email=options["email"].lower()).first()
        if member is None:
            raise CommandError(f"Nobody has the email address {options['email']}.")
        if reset_factors(member, actor=Actor.system()):
            self.stdout.write(f"{member.email} has no second factor any longer, and is told by mail.")
        else:
            self.stdout.write(f"{member.email} has no second factor.")

"""python manage.py changepassword ADDRESS: Django's command, with the consequences of any new password."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts.actions.sign_in import record_password_set
from accounts.actor import Actor
from accounts.models import Member


class Command(changepassword.Command):
    help = "Sets a person's password, ends their sessions and tells them."

    def handle(self, *args: Any, **options: Any) -> str | None:
        # Without a name, Django takes the one of the operating system's user.
        email = options["username"] or getpass.getuser()
        answer = super().handle(*args, **options | {"username": email})
        record_password_set(Member.objects.get(email=email), actor=Actor.system())
        return answer

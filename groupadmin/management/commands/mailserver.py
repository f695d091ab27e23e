"""python manage.py mailserver: receives mail for the groups' mailing lists."""

import asyncio
import os
import re
import socket
import ssl
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupadmin.base.memory import give_back_large_blocks
from groups.mail.incoming.server import Endpoint, serve, tls_context
from groups.models import Mail

# Name of the option, how mail arrives there, whether TLS begins at once.
DOORS = {
    "lmtp": (Mail.Door.LMTP, False),
    "smtp": (Mail.Door.SMTP, False),
    "submission": (Mail.Door.SUBMISSION, False),
    "submissions": (Mail.Door.SUBMISSION, True),
}


class Command(BaseCommand):
    help = (
        "Receives email: LMTP for a mail server in front, SMTP, and submission for people's email programs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for name in DOORS:
            setting = f"MAIL_{name.upper()}_LISTEN"
            parser.add_argument(
                f"--{name}",
                default=getattr(settings, setting),
                metavar="HOST:PORT",
                help=f"address to listen on, empty for none [{setting}: %(default)s]",
            )

    def handle(self, **options: Any) -> None:
        give_back_large_blocks()
        try:
            tls = tls_context()
        except (OSError, ssl.SSLError) as error:
            raise CommandError(f"The certificate of MAIL_TLS_CERTIFICATE cannot be used: {error}") from error
        with ExitStack() as sockets:
            places = []
            for name, (door, is_tls) in DOORS.items():
                if not (where := options[name]):
                    continue
                if door == Mail.Door.SUBMISSION and tls is None:
                    raise CommandError(f"--{name} needs a certificate: set MAIL_TLS_CERTIFICATE.")
                places.append(Endpoint(door, sockets.enter_context(_listen(where)), is_tls))
            if not places:
                raise CommandError(
                    "There is no address to listen on. Set one in the environment or as an option."
                )
            asyncio.run(serve(places, tls, lambda: self._say(places)))

    def _say(self, places: list[Endpoint]) -> None:
        for place in places:
            host, port = place.listening.getsockname()[:2]
            secured = " with TLS" if place.is_tls_from_the_start else ""
            shown = f"[{host}]" if ":" in host else host
            self.stdout.write(f"{place.door.name}{secured}: {shown}:{port}")
        self.stdout.flush()


def _listen(where: str) -> socket.socket:
    """A socket for host:port, [ipv6]:port, :port for all addresses, or fd:number for an open one."""
    if found := re.fullmatch(r"fd:([0-9]{1,5})", where):
        # Not inherited by child processes.
        os.set_inheritable(int(found[1]), False)
        return socket.socket(fileno=int(found[1]))
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]*)):([0-9]{1,5})", where)
    if found is None or int(found[3]) > 65535:
        raise CommandError(f"{where!r} is not an address to listen on. Write host:port.")
    host = found[1] or found[2]
    try:
        if not host:
            return socket.create_server(
                ("", int(found[3])), family=socket.AF_INET6, dualstack_ipv6=socket.has_dualstack_ipv6()
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(found[3])), family=family)
    except OSError as error:
        raise CommandError(f"Cannot listen on {where}: {error.strerror or error}") from error

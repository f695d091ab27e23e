"""python manage.py quickstart: a demonstration to click through, on one machine, with one command."""

import argparse
import fcntl
import ipaddress
import re
import secrets
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.utils import OperationalError
from django.urls import reverse

from groupadmin import demo
from groupadmin.base.secrets import get_or_create_secret
from groupadmin.management.child_processes import Children
from groups.models import Group, MailingList
from groups.tasks import tidy_up

MAIL_PORT = 8025
# Without letters and digits that look alike.
PASSWORD_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105


class Command(BaseCommand):
    help = "Sets up a demonstration and serves it: web server, mail server and worker. Safe to repeat."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # The settings parse --data-dir and --host too, without abbreviations.
        return super().create_parser(prog_name, subcommand, allow_abbrev=False, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data-dir", help="where the database, uploads and secrets live [.quickstart]")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on [%(default)s]")
        parser.add_argument("--port", type=_port, default=8000, help="port to listen on [%(default)s]")
        parser.add_argument(
            "--mail-port",
            type=_port,
            help=f"port to accept email on, on this machine [{MAIL_PORT}, or a free one]",
        )
        parser.add_argument("--no-serve", action="store_true", help="set up only, start no server")

    def handle(self, *, host: str, port: int, mail_port: int | None, no_serve: bool, **options: Any) -> None:
        if no_serve:
            self._prepare()
            self.stdout.write("To serve it, leave out --no-serve.")
            return
        # First, so that a port in use is reported before anything is done.
        with _listen(host, port) as listener, _listen_for_mail(mail_port) as mail:
            self._prepare()
            self._serve(listener, mail)

    def _prepare(self) -> None:
        with _one_at_a_time(settings.DATA_DIR / "lock"):
            try:
                call_command("migrate", interactive=False, verbosity=0)
            except OperationalError as error:
                raise CommandError(f"The database cannot be used: {error}") from error
            password, is_new = get_or_create_secret(settings.DATA_DIR / "demo-password", _new_password)
            try:
                if demo.load(password):
                    self.stdout.write("Loaded the demonstration.")
                elif is_new:
                    demo.reset_passwords(password)
            except demo.ForeignDataError:
                raise CommandError(
                    "The database already holds other companies or people. The quickstart adds sample people "
                    "who can sign in; give it an empty database."
                ) from None
        self._print_sign_ins(password)

    def _print_sign_ins(self, password: str) -> None:
        lines = ["", "Sign in as"]
        for sign_in in demo.sign_ins(password):
            changed = "" if sign_in.has_demo_password else "  (their password has changed)"
            lines.append(f"  {sign_in.role:<29} {sign_in.email}{changed}")
        lines += [f"with the password                {password}", "", f"Data is kept in {settings.DATA_DIR}"]
        lines.append("Emails to people, such as for a forgotten password, are written to its folder mail")
        self.stdout.write("\n".join(lines))

    def _serve(self, listener: socket.socket, mail: socket.socket) -> None:
        tidy_up.enqueue()
        sample = _sample_mail(mail.getsockname()[1])
        connection.close()
        with Children() as children:
            children.start("web server", _web_server(listener), pass_fds=[listener.fileno()])
            children.start("worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"])
            children.start("mail server", _mail_server(mail), pass_fds=[mail.fileno()])
            self.stdout.write(sample)
            self.stdout.write(f"Open {_url(listener)}  (stop with Ctrl-C)\n")
            if not _is_loopback(listener):
                self.stdout.write("Anyone who can reach this address can try to sign in, without encryption.")
            self.stdout.flush()
            ended = children.wait()
        if ended:
            raise CommandError(f"The {ended} ended by itself, so everything was stopped.")
        self.stdout.write("Stopped.")


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port. Use a number from 0 to 65535.")
    return int(text)


def _new_password() -> str:
    """A new one for each data folder, never a fixed one: others may reach the port."""
    parts = ("".join(secrets.choice(PASSWORD_CHARACTERS) for _ in range(4)) for _ in range(3))
    return "-".join(parts)


def _listen(host: str, port: int) -> socket.socket:
    """The web server's socket; browsers that connect early wait in its queue."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise CommandError(f"There is no address {host!r}: {error}") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise CommandError(
            f"Port {port} of {host} cannot be used: {error.strerror}. "
            "Is a quickstart running already? Choose another port with --port."
        ) from error
    return listener


def _listen_for_mail(port: int | None) -> socket.socket:
    """Only on this machine: nobody else should send mail to a demonstration."""
    if port is not None:
        return _listen("127.0.0.1", port)
    try:
        return _listen("127.0.0.1", MAIL_PORT)
    except CommandError:
        return _listen("127.0.0.1", 0)


def _mail_server(listener: socket.socket) -> list[str]:
    return [
        *(sys.executable, str(settings.BASE_DIR / "manage.py"), "mailserver"),
        *("--smtp", f"fd:{listener.fileno()}", "--lmtp", "", "--submission", "", "--submissions", ""),
    ]


def _sample_mail(port: int) -> str:
    """How to send a mail to a list of the demonstration that accepts mail from anyone."""
    groups = (
        Group.objects.live()
        .filter(
            uses_mailing_list=True,
            mailing_list__blocks_external_domains=False,
            mailing_list__who_can_send=MailingList.Senders.EVERYONE,
        )
        .select_related("mailing_list__address__domain")
    )
    group = groups.order_by("pk").first()
    if group is None:
        return f"Email to lists is accepted on 127.0.0.1, port {port}."
    mail = f"From: you@example.com\\nTo: {group.address}\\nSubject: Hello\\n\\nA first mail.\\n"
    sender, recipient = "--mail-from you@example.com", f"--mail-rcpt {shlex.quote(group.address)}"
    return (
        f"Send an email to a list. Superusers see what would go out at {reverse('admin:outgoing')}:\n"
        f"  printf {shlex.quote(mail)} | curl -sS --crlf -T - smtp://127.0.0.1:{port} {sender} {recipient}"
    )


def _web_server(listener: socket.socket) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "groupadmin.wsgi:application"),
        *("--bind", f"fd://{listener.fileno()}", "--pythonpath", str(settings.BASE_DIR)),
        # One process, as failed sign-ins are counted in its memory.
        *("--workers", "1", "--threads", "8", "--graceful-timeout", "5"),
        # As much as nginx accepts: searches and page cursors with names in any script make URLs long.
        *("--limit-request-line", "8190"),
        *("--log-level", "warning", "--no-control-socket"),
        # Nobody stands in front, so no header says who or where.
        *("--forwarded-allow-ips=", "--forwarder-headers="),
    ]


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        return f"http://{settings.ALLOWED_HOSTS[0]}:{port}/"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Makes a second quickstart on the same data folder wait until the first has prepared it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

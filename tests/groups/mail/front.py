"""What stands in front beside Postfix: rspamd as a milter, people's passwords, and names of our own for both.

All of it on this machine, on ports of its own.
"""

import base64
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from .postfix import TIMEOUT, Postfix, free_port, lines_of_the_page, running, skip_without_postfix

# As in operating.md: its people, who sign in with their addresses.
PASSWORD = "a password of the mail server's"

RSPAMD = """
options {{
  filters = "dkim";
  dns {{ nameserver = ["127.0.0.1:{dns}"]; }}
  local_addrs = [];
  tempdir = "{folder}";
  pidfile = "{folder}/pid";
  control_socket = "{folder}/control mode=0600";
  hs_cache_dir = "{folder}/";
  url_tld = "{folder}/tlds";
}}
logging {{ type = "file"; filename = "{folder}/log"; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  milter = yes;
  count = 1;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
lua = "/usr/share/rspamd/rules/rspamd.lua";
modules {{ {plugins} }}
dkim {{ }}
spf {{ }}
dmarc {{ }}
milter_headers {{
{milter_headers}
}}
"""
PLUGINS = ("spf", "dmarc", "milter_headers")

MASTER = """
127.0.0.1:{lax} inet n - n - - smtpd -o smtpd_sender_restrictions=
"""
MAIN = """
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{passwords}
"""


@dataclass
class Front:
    """The mail server in front."""

    postfix: Postfix
    # Where people who sign in may write any envelope sender, as Postfix lets them by default.
    lax: int


@contextmanager
def front(lmtp: int, zone: Mapping[str, str], senders: str) -> Iterator[Front]:
    """Runs it with these TXT records as the world's names, and this table of who may write from where."""
    skip_without_postfix()
    if shutil.which("rspamd") is None:
        pytest.skip("rspamd is not installed")
    lax = free_port()
    with ExitStack() as stack:
        names = stack.enter_context(_serving(socketserver.ThreadingUDPServer, _names(zone)))
        passwords = stack.enter_context(_serving(_Passwords, _PasswordHandler))
        milter = stack.enter_context(_rspamd(names))
        main = MAIN.format(passwords=passwords)
        main += lines_of_the_page("/etc/postfix/main.cf, with rspamd")
        main += lines_of_the_page("/etc/postfix/main.cf, for people who sign in")
        named = {
            "127.0.0.1:11332": f"127.0.0.1:{milter}",
            "pgsql:/etc/postfix/senders.cf": senders,
        }
        yield Front(stack.enter_context(running(lmtp, main, MASTER.format(lax=lax), named)), lax)


def inline(table: Mapping[str, str]) -> str:
    """A table as Postfix reads it in main.cf."""
    return f"inline:{{ {' '.join(f'{{ {key} = {value} }}' for key, value in table.items())} }}"


@contextmanager
def _serving(server: type[socketserver.TCPServer], handler: type) -> Iterator[int]:
    with server(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield serving.socket.getsockname()[1]
        finally:
            serving.shutdown()
            thread.join()


def _names(zone: Mapping[str, str]) -> type[socketserver.DatagramRequestHandler]:
    """Answers what the zone has, and that there is nothing else."""

    class Names(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            query = dns.message.from_wire(self.rfile.read())
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.AA | dns.flags.RA
            (question,) = query.question
            text = zone.get(question.name.to_text(omit_final_dot=True).lower())
            if text is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            elif question.rdtype == dns.rdatatype.TXT:
                parts = " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", parts))
            self.wfile.write(answer.to_wire())

    return Names


class _Passwords(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _PasswordHandler(socketserver.StreamRequestHandler):
    """What Postfix asks of Dovecot's authentication (protocol 1.1): PLAIN, and one password for all."""

    def handle(self) -> None:
        self._say("VERSION\t1\t1", "MECH\tPLAIN\tplaintext", "SPID\t1", "CUID\t1", "COOKIE\t0123456789abcdef")
        self._say("DONE")
        for line in self.rfile:
            command, *arguments = line.decode().rstrip("\n").split("\t")
            if command == "AUTH":
                response = next(one for one in arguments if one.startswith("resp="))
                _zero, user, password = base64.b64decode(response[5:]).decode().split("\0")
                right = password == PASSWORD
                self._say(f"{'OK' if right else 'FAIL'}\t{arguments[0]}\tuser={user}")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\n" for line in lines).encode())


@contextmanager
def _rspamd(names: int) -> Iterator[int]:
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="rspamd-"))
    folder.chmod(0o755)
    (folder / "tlds").write_text("example\ncom\n")
    plugins = " ".join(f'path = "/usr/share/rspamd/plugins/{name}.lua";' for name in PLUGINS)
    local = lines_of_the_page("/etc/rspamd/local.d/milter_headers.conf")
    settings = RSPAMD.format(dns=names, folder=folder, port=port, plugins=plugins, milter_headers=local)
    (folder / "rspamd.conf").write_text(settings)
    shutil.chown(folder, "_rspamd")
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", str(folder / "rspamd.conf")],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        _wait_for(port, process, folder)
        yield port
    finally:
        process.terminate()
        process.wait(TIMEOUT)
        shutil.rmtree(folder)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + TIMEOUT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert process.poll() is None, (folder / "output").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return

"""A real Mailman 3, from Debian's package mailman3, with lists of its own in a folder of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

from mailmanclient.restbase.connection import Connection, MailmanConnectionError

from tests.postgres import free_port

RUNNER = Path("/usr/lib/mailman3/bin/runner")
USER, PASSWORD = "restadmin", "open sesame"
STARTS_WITHIN = 30
"""Seconds; it takes one or two."""

_CONFIG = """\
[mailman]
layout: here
site_owner: postmaster@hanbit.example
[paths.here]
var_dir: {folder}
bin_dir: {bin}
queue_dir: $var_dir/queue
list_data_dir: $var_dir/lists
log_dir: $var_dir/log
lock_dir: $var_dir/locks
data_dir: $var_dir/data
cache_dir: $var_dir/cache
etc_dir: $var_dir/etc
messages_dir: $var_dir/messages
archive_dir: $var_dir/archives
template_dir: $var_dir/templates
pid_file: $var_dir/master.pid
lock_file: $lock_dir/master.lck
[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///{folder}/mailman.db
[webservice]
hostname: 127.0.0.1
port: {port}
admin_user: {user}
admin_pass: {password}
[mta]
incoming: mailman.mta.null.NullMTA
"""


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, Connection]]:
    """Its URL, and a connection to it; only the part of it that answers runs, no mail moves."""
    port = free_port()
    config = folder / "mailman.cfg"
    config.write_text(
        _CONFIG.format(folder=folder, bin=RUNNER.parent, port=port, user=USER, password=PASSWORD)
    )
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder)}
    process = subprocess.Popen(
        [RUNNER, "-C", config, "--runner=rest:0:1"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors").open("w"),
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}/3.1"
    try:
        connection = Connection(url, USER, PASSWORD)
        _wait(connection, process, folder)
        yield url, connection
    finally:
        # With its children, which answer. What it has is thrown away, so it need not tidy up.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(connection: Connection, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            connection.call("system/versions")
        except (MailmanConnectionError, HTTPError):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError((folder / "errors").read_text()) from None
            time.sleep(0.05)
        else:
            return


class Lists:
    """Makes lists and people by the interface."""

    def __init__(self, connection: Connection) -> None:
        self.call = connection.call

    def domain(self, name: str) -> None:
        self.call("domains", {"mail_host": name})

    def add(self, address: str, **settings: object) -> str:
        """A list; returns its id."""
        self.call("lists", {"fqdn_listname": address})
        list_id = address.replace("@", ".")
        self.call(f"lists/{list_id}/config", {"send_welcome_message": False, **settings}, "PATCH")
        return list_id

    def subscribe(self, list_id: str, email: str, name: str = "", role: str = "member") -> str:
        """Somebody in a list; returns the path of the subscription."""
        said = {"list_id": list_id, "subscriber": email, "role": role}
        agreed = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True}
        answer, _content = self.call(
            "members", {**said, **agreed, **({"display_name": name} if name else {})}
        )
        return str(answer.headers["location"].partition("/3.1/")[2])

    def change(self, path: str, **values: object) -> None:
        self.call(path, values, "PATCH")

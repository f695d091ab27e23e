"""gunicorn's settings: `gunicorn --config python:groupadmin.health.gunicorn` (rule 11.6).

Its processes share their numbers for /metrics in a folder that they make, unless PROMETHEUS_MULTIPROC_DIR
names one. Its own lines in the log look like all others. Options on the command line come on top.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

# Before prometheus_client is imported, which reads it once.
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="groupadmin-metrics-")

from groupadmin.health import processes
from groupadmin.settings import logs

logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": logs.LOGGING["formatters"],
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "gunicorn.error": {"handlers": ["stderr"], "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


OURS = ("groupadmin", "accounts", "groups")


def on_starting(server: Any) -> None:
    """An empty folder, whatever an earlier start has left there."""
    processes.clear(Path(os.environ[processes.FOLDER]))


def post_fork(server: Any, worker: Any) -> None:
    """Has a process that starts after an upgrade read all code anew: what this file imports is of before."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]


def child_exit(server: Any, worker: Any) -> None:
    """Keeps what a process has counted that has ended."""
    if where := processes.folder():
        processes.keep_of_ended(where, worker.pid)

"""The database, and how long it is waited for; the values come from the environment."""

import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

env = Environment()

# Whoever asks a page or hands over a mail waits for it; jobs, commands and migrations take their time.
SOMEBODY_WAITS = "groupadmin.wsgi" in sys.modules or sys.argv[1:2] in (["mailserver"], ["runserver"])
# For how long, in seconds: for a connection; for a row or table that another transaction has locked; for a
# statement. Nobody waits for a statement of a migration in vain, so that has no end.
DATABASE_CONNECT_SECONDS = env.int("DATABASE_CONNECT_SECONDS", default=3)
if SOMEBODY_WAITS:
    DATABASE_LOCK_SECONDS = env.int("DATABASE_LOCK_SECONDS", default=3)
    DATABASE_STATEMENT_SECONDS = env.int("DATABASE_STATEMENT_SECONDS", default=20)
else:
    DATABASE_LOCK_SECONDS = env.int("DATABASE_BACKGROUND_LOCK_SECONDS", default=300)
    DATABASE_STATEMENT_SECONDS = env.int("DATABASE_BACKGROUND_STATEMENT_SECONDS", default=900)
if sys.argv[1:2] in (["migrate"], ["quickstart"]):
    DATABASE_STATEMENT_SECONDS = 0
ENGINES = ("django.db.backends.postgresql", "django.db.backends.sqlite3")
# How much longer a silent server is believed to be at work on a statement.
SILENT_SECONDS = 5


def databases(default_url: str) -> dict[str, Any]:
    """Django's DATABASES for DATABASE_URL, with how long to wait for it."""
    database = env.db_url("DATABASE_URL", default=default_url)
    if database["ENGINE"] not in ENGINES:
        raise ImproperlyConfigured("DATABASE_URL is to begin with postgresql:// or sqlite://")
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # Several processes write to one file, one at a time: whoever writes has locked all of it.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": max(DATABASE_LOCK_SECONDS, 5) if SOMEBODY_WAITS else 60,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        _limit_waiting(database)
        database["CONN_MAX_AGE"] = 60
        database["CONN_HEALTH_CHECKS"] = True
    return {"default": database}


def _limit_waiting(database: dict[str, Any]) -> None:
    """Has PostgreSQL and the way to it give up in time (groupadmin.base.postgresql)."""
    limits = {
        # Our queries are short, but their cost estimates would make PostgreSQL spend long compiling them.
        "jit": "off",
        "lock_timeout": f"{DATABASE_LOCK_SECONDS}s",
        "statement_timeout": f"{DATABASE_STATEMENT_SECONDS}s",
    }
    if SOMEBODY_WAITS:
        # A page that stopped half-way must not keep its locks.
        limits["idle_in_transaction_session_timeout"] = "60s"
    options = database.setdefault("OPTIONS", {})
    ours = " ".join(f"-c {name}={value}" for name, value in limits.items())
    # What DATABASE_URL says comes later and so wins.
    options["options"] = f"{ours} {options.get('options', '')}".strip()
    # A machine that is gone without a word is noticed within half a minute.
    alive = {
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 30_000,
    }
    for name, value in {"connect_timeout": DATABASE_CONNECT_SECONDS, **alive}.items():
        options.setdefault(name, value)
    database["ENGINE"] = "groupadmin.base.postgresql"
    # A page can be asked for again; a mail is put off for long, and what only a few threads do needs no line.
    database["LINES"] = "groupadmin.wsgi" in sys.modules
    database["HEALTH_SECONDS"] = DATABASE_CONNECT_SECONDS
    database["SILENT_SECONDS"] = DATABASE_STATEMENT_SECONDS and DATABASE_STATEMENT_SECONDS + SILENT_SECONDS

"""To try groupadmin on one machine: a data folder holds the database, the uploads and its own secrets."""

import argparse
import os
import secrets
import socket
import sys
from pathlib import Path
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured


def _options() -> argparse.Namespace:
    """The command-line options of the quickstart that the settings depend on."""
    parser = argparse.ArgumentParser("manage.py quickstart", add_help=False, allow_abbrev=False)
    parser.add_argument("--data-dir")
    parser.add_argument("--host")
    parser.add_argument("--port")
    is_asked_for = sys.argv[1:2] == ["quickstart"]
    return parser.parse_known_args(sys.argv[2:] if is_asked_for else [])[0]


# In the environment, so that web server and worker use the same.
_asked = _options()
if _asked.data_dir:
    os.environ["GROUPADMIN_DATA_DIR"] = str(Path(_asked.data_dir).expanduser().resolve())
if _asked.host:
    os.environ["GROUPADMIN_HOST"] = _asked.host
if _asked.port:
    os.environ["GROUPADMIN_PORT"] = _asked.port

from groupadmin.base.secrets import get_or_create_secret  # noqa: E402

from .base import *  # noqa: E402, F403
from .base import databases, env  # noqa: E402
from .storage import DATA_DIR  # noqa: E402


def _names(host: str) -> list[str]:
    """The host names to accept. Not any: a stranger's page could point its own host name at us."""
    if host not in ("0.0.0.0", "::", ""):  # noqa: S104
        return [f"[{host}]" if ":" in host else host]
    names = [socket.gethostname().lower()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing; finds out at which of our addresses others would reach us.
            probe.connect(("192.0.2.1", 9))
            names.insert(0, probe.getsockname()[0])
        except OSError:
            pass
    return names


DEBUG = False
try:
    SECRET_KEY, _is_new = get_or_create_secret(DATA_DIR / "secret-key", lambda: secrets.token_urlsafe(60))
except OSError as error:
    raise ImproperlyConfigured(f"The data folder {DATA_DIR} cannot be used: {error.strerror}") from error

ALLOWED_HOSTS = [
    *_names(os.environ.get("GROUPADMIN_HOST", "127.0.0.1")),
    *("localhost", "127.0.0.1", "[::1]"),
    *env.list("ALLOWED_HOSTS", default=[]),
]

SITE_URL = env(
    "GROUPADMIN_URL", default=f"http://{ALLOWED_HOSTS[0]}:{os.environ.get('GROUPADMIN_PORT', '8000')}"
).rstrip("/")

DATABASES = databases(f"sqlite:///{quote(str(DATA_DIR / 'groupadmin.sqlite3'))}")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
# Mail of the lists is written to files instead of sent.
MAIL_OUT = env("MAIL_OUT", default=f"folder://{quote(str(DATA_DIR / 'outgoing'))}")
WHITENOISE_USE_FINDERS = True

"""To try groupadmin on one machine: a data folder holds the database, the uploads and a secret key of its own."""

import os
import secrets
import sys
from pathlib import Path


def _argument(name: str) -> str | None:
    """The value of a command line option that the settings need before the command is run."""
    for index, word in enumerate(sys.argv):
        if word == name and index + 1 < len(sys.argv):
            return sys.argv[index + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


if data_dir := _argument("--data-dir"):
    os.environ["GROUPADMIN_DATA_DIR"] = data_dir

from .base import *  # noqa: E402, F403
from .base import DATA_DIR, databases  # noqa: E402


def _secret_key(path: Path) -> str:
    """The key kept in the data folder, made on the first start and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(60))
    return path.read_text()


DEBUG = False
SECRET_KEY = _secret_key(DATA_DIR / "secret-key")
ALLOWED_HOSTS = ["*"]
DATABASES = databases(f"sqlite:///{DATA_DIR / 'groupadmin.sqlite3'}")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
WHITENOISE_USE_FINDERS = True

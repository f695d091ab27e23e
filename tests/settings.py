"""The suite's settings: SQLite in a file or DATABASE_URL, quick hashing, mail in memory."""

import tempfile
from pathlib import Path

from groupadmin.settings.base import *  # noqa: F403
from groupadmin.settings.base import databases

SCRATCH = Path(tempfile.mkdtemp(prefix="groupadmin-tests-"))

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["*"]
DATABASES = databases(f"sqlite:///{SCRATCH / 'groupadmin.sqlite3'}")
# A file, not memory: the live server's threads and the tests' own look at one database, as in use.
DATABASES["default"]["TEST"] = (
    {"NAME": str(SCRATCH / "test.sqlite3")} if (DATABASES["default"]["ENGINE"].endswith("sqlite3")) else {}
)
DATABASES["default"]["CONN_MAX_AGE"] = 0
MEDIA_ROOT = SCRATCH / "media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAIL_SIGN = True
MAIL_OUT = f"folder://{SCRATCH / 'outgoing'}"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

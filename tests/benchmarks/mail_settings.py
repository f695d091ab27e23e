"""The suite's settings, but with a queue in the database for workers of their own process."""

from groupadmin.settings.base import env
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
MAIL_OUT = env("MAIL_OUT", default="smtp://127.0.0.1:8141")
DATABASES["default"]["CONN_MAX_AGE"] = 60

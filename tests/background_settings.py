"""The suite's settings for workers that tests start."""

import os

from groupadmin.settings.base import env

from .settings import *  # noqa: F403

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
if "TEST_EMAIL_URL" in os.environ:
    vars().update(env.email_url("TEST_EMAIL_URL"))

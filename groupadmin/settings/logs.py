"""What is logged and how (rule 11.6), for pages, worker, mail server and commands; who hears of errors.

Read by gunicorn too, before Django (groupadmin.health.gunicorn): imports nothing of the other settings.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

__all__ = [
    "ADMINS",
    "EMAIL_SUBJECT_PREFIX",
    "ERROR_MAILS_AT_ONCE",
    "ERROR_MAILS_EVERY_SECONDS",
    "ERROR_MAILS_TO",
    "LOGGING",
    "LOG_FORMAT",
    "LOG_REQUESTS",
    "SENTRY_DSN",
    "SENTRY_ENVIRONMENT",
]

env = Environment()

# A line of text for people, or a JSON object a line for programs.
LOG_FORMAT = env("LOG_FORMAT", default="text")
FORMATTERS: dict[str, dict[str, Any]] = {
    "text": {
        "()": "groupadmin.base.log_lines.LineFormatter",
        "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
    },
    "json": {"()": "groupadmin.base.log_lines.json_formatter"},
}
if LOG_FORMAT not in FORMATTERS:
    raise ImproperlyConfigured(f"LOG_FORMAT is one of {', '.join(FORMATTERS)}, not {LOG_FORMAT!r}.")
# Also a line for each request: method, page, status, duration.
LOG_REQUESTS = env.bool("LOG_REQUESTS", default=False)

# Who gets errors by mail: addresses, separated by commas. A storm sends few (groupadmin.base.error_mails).
ERROR_MAILS_TO = [address.strip() for address in env.list("ERROR_MAILS_TO", default=[]) if address.strip()]
ERROR_MAILS_AT_ONCE = 3
ERROR_MAILS_EVERY_SECONDS = 15 * 60
ADMINS = [("", address) for address in ERROR_MAILS_TO]
EMAIL_SUBJECT_PREFIX = "[groupadmin] "

# Where errors are reported to, if anywhere (groupadmin.base.error_reports); needs the extra "sentry".
SENTRY_DSN = env("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env("SENTRY_ENVIRONMENT", default="production")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": FORMATTERS[LOG_FORMAT]},
    "filters": {
        "quiet": {"()": "groupadmin.base.outage.Quiet"},
        "private": {"()": "groupadmin.base.request_log.Private"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["private"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Without handlers of its own: Django has one that mails settings, headers and fields with each error.
        "django": {"handlers": []},
        # Pages that do not exist, or not for the viewer, are no errors of ours.
        "django.request": {"level": "ERROR", "filters": ["quiet"]},
        "groupadmin.requests": {"level": "INFO" if LOG_REQUESTS else "WARNING"},
        # It logs a traceback for every mail that it cannot make sense of.
        "flufl.bounce": {"level": "CRITICAL"},
    },
}
if ERROR_MAILS_TO:
    LOGGING["handlers"]["mail"] = {
        "class": "groupadmin.base.error_mails.ErrorMails",
        "level": "ERROR",
        "filters": ["private"],
    }
    LOGGING["root"]["handlers"].append("mail")

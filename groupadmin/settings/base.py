"""Shared by all installations. Values that differ come from the environment."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from .database import databases as databases
from .environment import Environment
from .health import *  # noqa: F403
from .logs import *  # noqa: F403
from .mail import *  # noqa: F403
from .outgoing import *  # noqa: F403
from .scim import *  # noqa: F403
from .sign_in import *  # noqa: F403
from .storage import *  # noqa: F403

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "groupadmin.apps.GroupadminConfig",
    "accounts",
    "groups",
    "groupadmin.apps.SuperusersConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "accounts.sign_in.apps.SessionsConfig",
    "csp",
    "django_bootstrap5",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "js_lib_bootstrap5",
    "template_partials",
]

MIDDLEWARE = [
    "groupadmin.health.middleware.HealthMiddleware",
    "groupadmin.base.request_log.RequestLogMiddleware",
    "groupadmin.health.requests.RequestsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "groupadmin.middleware.EmbeddingMiddleware",
    "groupadmin.api.middleware.ApiMiddleware",
    "groupadmin.scim.middleware.ScimErrorsMiddleware",
    "groupadmin.middleware.ArrivalMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "groupadmin.base.icons.IconsMiddleware",
    "groups.room.messages.polling.PollingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sign_in.ages.SessionAgeMiddleware",
    "accounts.sign_in.returning.SignInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "groupadmin.middleware.PrivacyMiddleware",
    "groupadmin.middleware.ReaderMiddleware",
    "groupadmin.middleware.HtmxAnswersMiddleware",
    "accounts.confirming.ConfirmMiddleware",
    "accounts.agreeing.AgreeMiddleware",
    "accounts.sign_in.returning.ReturnMiddleware",
    "accounts.requiring.SecondFactorMiddleware",
    "groupadmin.middleware.RefusalMiddleware",
    "groupadmin.health.requests.ViewsMiddleware",
]

ROOT_URLCONF = "groupadmin.urls"
WSGI_APPLICATION = "groupadmin.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "groupadmin.base.templates.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "groupadmin.menu.frame",
            ],
            "builtins": ["groupadmin.base.templatetags.groupadmin", "groupadmin.base.templatetags.times"],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Every field has a label: a placeholder with the same words is noise.
BOOTSTRAP5 = {"set_placeholder": False}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English (United States)")), ("en-gb", _("English (United Kingdom)"))]
LOCALE_PATHS = [BASE_DIR / "groupadmin" / "locale"]
FORMAT_MODULE_PATH = "groupadmin.formats"
TIME_ZONE = env("GROUPADMIN_TIME_ZONE", default="UTC")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Other sites have no use for our files.
WHITENOISE_ALLOW_ALL_ORIGINS = False

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# Workers call these every few seconds to queue what is due (groupadmin.base.queue.enqueue_once).
WORKER_HEARTBEAT_SECONDS = 5
WORKER_PERIODIC = [
    "accounts.tasks.queue_mails",
    "groups.notices.due.queue_notifications",
    "groups.room.calendar.reminders.queue_reminders",
    "groups.mail.outgoing.delivery.wake_if_due",
    "accounts.jobs.engine.give_up_lost",
    "accounts.actions.domain_proof.queue_checks",
    "accounts.actions.employment.queue_day",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
# How many of our own proxies are in front, one behind the other.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# Scripts take the token from the page.
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "groupadmin.views.csrf_failure"

# Forms hold thousands of chosen people in one field; files over 2.5 MB are written to disk while they arrive.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The attachments of a mail and the rest of its form; same limit as in deploy/nginx.conf.
REQUEST_MAX_BYTES = 24 * 1024 * 1024
# The files of an import at once; deploy/nginx.conf lets a megabyte more through, for the rest of the form.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=200 * 1024 * 1024)
PHOTO_MAX_BYTES = 10 * 1024 * 1024
PHOTO_MAX_PIXELS = 50_000_000
DELETED_GROUPS_KEPT_DAYS = 30
AUDIT_KEPT_DAYS = 180
# How long what deactivation took away can be given back (rule 2.23).
FORMER_PLACES_KEPT_DAYS = 180
# Losing this share of people in one step, and at least so many, asks again (rule 10.5).
LOSS_ASKS_PERCENT = env.float("LOSS_ASKS_PERCENT", default=10.0)
LOSS_ASKS_FROM = env.int("LOSS_ASKS_FROM", default=20)

# How many seconds a notification mail waits for more notifications: a bulk change sends one mail (rule 5.1).
NOTIFICATION_MAIL_DELAY = env.int("NOTIFICATION_MAIL_DELAY", default=60)
NOTIFICATIONS_KEPT_DAYS = 90
# The public address of the installation; links in mail begin with it.
SITE_URL = env("GROUPADMIN_URL", default="http://127.0.0.1:8000").rstrip("/")
CONTACT_REQUESTS_KEPT_DAYS = 30
JOBS_KEPT_DAYS = 30
# How long an import can be undone, and an export of everything downloaded (rules 10.3, 10.7).
IMPORTS_KEPT_DAYS = env.int("IMPORTS_KEPT_DAYS", default=30)
EXPORTS_KEPT_DAYS = env.int("EXPORTS_KEPT_DAYS", default=7)

# Who is asked for the TXT records that prove domains (rule 1.9): IP addresses, with a port or without. Empty:
# the system's resolvers. And after how many seconds without an answer to give up.
DNS_RESOLVERS = env.list("DNS_RESOLVERS", default=[])
DNS_TIMEOUT_SECONDS = env.float("DNS_TIMEOUT_SECONDS", default=5.0)
DOMAIN_CLAIMS_KEPT_DAYS = 30

# Who asks directories that speak LDAP (rule 10.1), and a file with the authorities that sign their
# certificates; empty for those that the system trusts.
LDAP_BIND_DN = env("LDAP_BIND_DN", default="")
LDAP_PASSWORD = env("LDAP_PASSWORD", default="")
LDAP_CA_FILE = env("LDAP_CA_FILE", default="")

# Who asks a running Mailman 3 (rule 10.9).
MAILMAN_USER = env("MAILMAN_USER", default="restadmin")
MAILMAN_PASSWORD = env("MAILMAN_PASSWORD", default="")

# Files in message rooms: the largest one, and the space of a group and of a company, in bytes.
ROOM_FILE_MAX_BYTES = env.int("ROOM_FILE_MAX_BYTES", default=200 * 1024 * 1024)
ROOM_GROUP_MAX_BYTES = env.int("ROOM_GROUP_MAX_BYTES", default=10 * 1024**3)
ROOM_COMPANY_MAX_BYTES = env.int("ROOM_COMPANY_MAX_BYTES", default=100 * 1024**3)
# How long deleted files stay in a group's bin. Larger files are uploaded in pieces of this size.
ROOM_BIN_DAYS = 30
ROOM_PIECE_BYTES = 8 * 1024 * 1024

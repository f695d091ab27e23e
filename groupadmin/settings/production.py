"""An installation in production: what differs comes from the environment, and secrets have no default."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import BASE_DIR, MIDDLEWARE, TRUSTED_PROXIES, databases, env
from .storage import FILES, STORAGES

DEBUG = False

# Required, so that a forgotten one cannot lead to a guessable key or a wrong data folder.
REQUIRED = ("SECRET_KEY", "DATABASE_URL", *(() if FILES else ("GROUPADMIN_DATA_DIR",)), "ALLOWED_HOSTS")
if missing := [name for name in REQUIRED if not os.environ.get(name)]:
    raise ImproperlyConfigured(
        f"Not set in the environment: {', '.join(missing)}. "
        "groupadmin/deploy/groupadmin.env.example says what they are. "
        "To only try groupadmin out: python manage.py quickstart"
    )

SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SITE_URL = env("GROUPADMIN_URL", default=f"https://{ALLOWED_HOSTS[0].lstrip('.')}").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASES = databases(env("DATABASE_URL"))
CACHES = {"default": env.cache_url("CACHE_URL", default="dbcache://groupadmin_cache")}

STATIC_ROOT = env("STATIC_ROOT", default=str(BASE_DIR / ".static"))
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "groupadmin.static_files.StaticFiles"}}

MIDDLEWARE = ["groupadmin.base.client_address.ClientAddressMiddleware", *MIDDLEWARE]

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
# Leads into lists that browsers ship, and hardly out of them again: only where the operator asks for it.
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# Browsers take cookies of such names only from this very host, over https: no other can plant one.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"

# Whoever gets a superuser's password must not get every company (rule 9.2).
SUPERUSERS_NEED_FACTOR = env.bool("SUPERUSERS_NEED_FACTOR", default=True)

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="groupadmin@localhost")

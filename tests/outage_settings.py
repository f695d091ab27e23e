"""The suite's settings for servers whose database a test takes away: connections and cache as in use."""

from .background_settings import *  # noqa: F403
from .background_settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"].pop("TEST", None)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "groupadmin_cache"}
}

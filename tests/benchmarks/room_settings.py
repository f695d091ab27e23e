"""For the server of the benchmark of rooms: the suite's settings with the connections of production."""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False

"""The environment: what cannot be read of it is said in words.

They name the setting, and never its value, which may be secret.
"""

import warnings
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

WANTED = {int: "a whole number", float: "a number"}
SCHEMES = {"db_url": "postgresql://…", "cache_url": "dbcache://…", "email_url": "smtp://…"}
FALSE = ("false", "off", "n", "no", "0")


class Environment(environ.Env):  # type: ignore[misc]  # it has no types
    """Raises ImproperlyConfigured for what cannot be read."""

    def get_value(self, var: str, cast: Any = None, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, cast, *args, **kwargs)
        except (ValueError, TypeError) as error:
            wanted = WANTED.get(cast, "something else")
            raise ImproperlyConfigured(f"{var} is to be {wanted}; or leave it out.") from error

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        """A word that is neither is no "no": it would switch off what protects."""
        said = str(self.ENVIRON.get(var, "")).strip().lower()
        if said not in ("", *self.BOOLEAN_TRUE_STRINGS, *FALSE):
            raise ImproperlyConfigured(f"{var} is to be True or False; or leave it out.")
        return bool(super().bool(var, default))

    def db_url(self, var: str = "DATABASE_URL", *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._of_url("db_url", "ENGINE", var, *args, **kwargs)

    def cache_url(self, var: str = "CACHE_URL", *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._of_url("cache_url", "BACKEND", var, *args, **kwargs)

    def email_url(self, var: str = "EMAIL_URL", *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._of_url("email_url", "EMAIL_BACKEND", var, *args, **kwargs)

    def _of_url(self, kind: str, needed: str, var: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What the URL says, or, if there is nothing that we need, an error."""
        try:
            with warnings.catch_warnings():
                # They quote the URL, with its password.
                warnings.simplefilter("ignore")
                found: dict[str, Any] = getattr(super(), kind)(var, *args, **kwargs)
        except (ImproperlyConfigured, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ImproperlyConfigured(f"{var} cannot be read; it is to be like {SCHEMES[kind]}") from error
        if not found.get(needed):
            raise ImproperlyConfigured(f"{var} cannot be read; it is to be like {SCHEMES[kind]}")
        return found

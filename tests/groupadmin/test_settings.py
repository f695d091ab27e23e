"""What production refuses to start without, secrets that are made and kept, the reader's address."""

import importlib
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from groupadmin.base.client_address import ClientAddressMiddleware
from groupadmin.base.secrets import get_or_create_secret

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "SECRET_KEY": "x" * 60,
    "DATABASE_URL": "postgresql://groupadmin@localhost/groupadmin",
    "GROUPADMIN_DATA_DIR": "/var/lib/groupadmin",
    "ALLOWED_HOSTS": "groups.example",
}


def fresh(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


def quickstart_on(host: str, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> ModuleType:
    """The quickstart's settings, without touching a data folder in use."""
    monkeypatch.setenv("GROUPADMIN_HOST", host)
    monkeypatch.setattr("groupadmin.settings.base.DATA_DIR", data_dir)
    return fresh("groupadmin.settings.quickstart", monkeypatch)


@pytest.mark.parametrize("missing", COMPLETE)
@pytest.mark.parametrize("value", [None, ""])
def test_production_has_no_defaults_for_what_matters(
    missing: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, good in COMPLETE.items():
        monkeypatch.setenv(name, good)
    monkeypatch.delenv(missing)
    if value is not None:
        monkeypatch.setenv(missing, value)
    with pytest.raises(ImproperlyConfigured, match=missing):
        fresh("groupadmin.settings.production", monkeypatch)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "pass-word"),
        ("DATABASE_URL", "nosuch://u:pass-word@host/name"),
        ("CACHE_URL", "pass-word"),
        ("EMAIL_URL", "pass-word"),
        ("SECURE_HSTS_SECONDS", "pass-word"),
        ("SECURE_HSTS_SECONDS", ""),
        ("SUPERUSERS_NEED_FACTOR", "pass-word"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_cannot_be_read_is_named_and_not_quoted(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip of the pen neither ends in a traceback, nor switches off what protects (rule 11.6)."""
    for setting, good in {**COMPLETE, name: value}.items():
        monkeypatch.setenv(setting, good)
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        fresh("groupadmin.settings.production", monkeypatch)
    assert "pass-word" not in str(refused.value)


def test_production_is_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, good in COMPLETE.items():
        monkeypatch.setenv(name, good)
    settings = fresh("groupadmin.settings.production", monkeypatch)
    assert settings.SECRET_KEY == "x" * 60
    assert settings.DEBUG is False
    assert settings.ALLOWED_HOSTS == ["groups.example"]
    assert settings.SESSION_COOKIE_SECURE
    # Which browsers take only with what is set above, and without a domain or another path.
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-")
    assert settings.CSRF_COOKIE_NAME.startswith("__Host-")
    for name in ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH"):
        assert not hasattr(settings, name)
    assert settings.CSRF_COOKIE_SECURE
    assert settings.SECURE_SSL_REDIRECT
    # Without a proxy of ours in front, the header is whatever the reader sends.
    assert settings.SECURE_PROXY_SSL_HEADER is None


@pytest.mark.parametrize(("asked", "expected"), [(None, False), ("True", True)])
def test_browsers_ship_our_name_only_when_asked(
    asked: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HSTS preload is hardly to be taken back."""
    for name, good in COMPLETE.items():
        monkeypatch.setenv(name, good)
    if asked:
        monkeypatch.setenv("SECURE_HSTS_PRELOAD", asked)
    assert fresh("groupadmin.settings.production", monkeypatch).SECURE_HSTS_PRELOAD is expected


def test_manage_says_in_one_line_what_is_missing() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in COMPLETE}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    answer = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "SECRET_KEY" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "127.0.0.1"), ("groups.lan", "groups.lan"), ("fd00::7", "[fd00::7]")]
)
def test_quickstart_answers_to_its_own_names_only(
    host: str, expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = quickstart_on(host, monkeypatch, tmp_path)
    assert set(settings.ALLOWED_HOSTS) == {expected, "localhost", "127.0.0.1", "[::1]"}


def test_quickstart_on_all_addresses_is_still_not_open_to_every_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = quickstart_on("0.0.0.0", monkeypatch, tmp_path)
    assert "*" not in settings.ALLOWED_HOSTS
    assert "0.0.0.0" not in settings.ALLOWED_HOSTS


class TestKeptSecret:
    def test_is_made_once_and_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "secret"
        assert get_or_create_secret(path, lambda: "first") == ("first", True)
        assert get_or_create_secret(path, lambda: "second") == ("first", False)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert list(path.parent.iterdir()) == [path]

    def test_of_two_at_once_both_get_the_same(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"

        def make() -> str:
            get_or_create_secret(path, lambda: "theirs")
            return "ours"

        assert get_or_create_secret(path, make) == ("theirs", False)
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "", "127.0.0.1"),
        (1, "<script>", "127.0.0.1"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(proxies: int, forwarded: str, expected: str) -> None:
    """Rule 8.1: whoever makes up a header does not change what the audit says."""
    request = HttpRequest()
    request.META |= {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    with override_settings(TRUSTED_PROXIES=proxies):
        ClientAddressMiddleware(lambda request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == expected


class TestWaiting:
    """How long anybody waits for the database is set in one place."""

    def _options(self, monkeypatch: pytest.MonkeyPatch, url: str, command: str) -> dict[str, Any]:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setattr(sys, "argv", ["manage.py", command])
        # Other tests import it; commands do not.
        monkeypatch.delitem(sys.modules, "groupadmin.wsgi", raising=False)
        settings = fresh("groupadmin.settings.database", monkeypatch)
        database: dict[str, Any] = settings.databases("")["default"]
        return database

    def test_pages_wait_shortly_and_commands_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_LOCK_SECONDS", "4")
        url = COMPLETE["DATABASE_URL"]
        answering = self._options(monkeypatch, url, "mailserver")
        assert answering["OPTIONS"]["connect_timeout"] == 3
        assert "-c lock_timeout=4s -c statement_timeout=20s" in answering["OPTIONS"]["options"]
        assert answering["LINES"] is False, "only for pages"
        assert (answering["HEALTH_SECONDS"], answering["SILENT_SECONDS"]) == (3, 25)
        worker = self._options(monkeypatch, url, "worker")
        assert "-c lock_timeout=300s -c statement_timeout=900s" in worker["OPTIONS"]["options"]
        migrate = self._options(monkeypatch, url, "migrate")
        assert "-c lock_timeout=300s -c statement_timeout=0s" in migrate["OPTIONS"]["options"]
        assert migrate["SILENT_SECONDS"] == 0

    def test_the_address_of_the_database_has_the_last_word(self, monkeypatch: pytest.MonkeyPatch) -> None:
        more = "?connect_timeout=9&options=-c%20lock_timeout%3D1s"
        options = self._options(monkeypatch, COMPLETE["DATABASE_URL"] + more, "worker")["OPTIONS"]
        assert options["connect_timeout"] == 9
        assert options["options"].endswith("-c statement_timeout=900s -c lock_timeout=1s")

    def test_sqlite_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        url = "sqlite:////tmp/groupadmin.sqlite3"
        assert self._options(monkeypatch, url, "mailserver")["OPTIONS"]["timeout"] == 5
        assert self._options(monkeypatch, url, "worker")["OPTIONS"]["timeout"] == 60

"""The static files of an installation in use: each by a name that its content gives it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from groupadmin.settings.base import BASE_DIR

IMPORTED = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](.+?)["']""")


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "groupadmin.static_files.StaticFiles"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_scripts_import_each_other_by_the_names_that_content_gives(collected: Path) -> None:
    """So that a browser which kept one of them for years never runs it with a newer one."""
    named = re.compile(r"\./[\w-]+\.[0-9a-f]{12}\.js")
    importing = 0
    for source in (BASE_DIR / "static" / "groupadmin").glob("*.js"):
        (served,) = collected.glob(f"groupadmin/{source.stem}.????????????.js")
        imports = IMPORTED.findall(served.read_text())
        assert len(imports) == len(IMPORTED.findall(source.read_text()))
        for name in imports:
            assert named.fullmatch(name), source.name
            assert (served.parent / name).exists(), source.name
        importing += bool(imports)
    assert importing

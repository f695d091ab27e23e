"""Which settings a command runs with (rule 10.1): a quickstart's where nothing else can be meant."""

from pathlib import Path

import pytest

from groupadmin.settings import choosing

ENVIRONMENT = ("SECRET_KEY", "DATABASE_URL", "GROUPADMIN_DATA_DIR")


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set, and there is no quickstart."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(choosing, "_ROOT", tmp_path / "program")


def made(folder: Path) -> Path:
    """A data folder, as the quickstart makes it."""
    folder.mkdir(parents=True)
    (folder / "secret-key").write_text("x")
    return folder


def chosen(*arguments: str) -> str:
    return choosing.settings_for(["manage.py", *arguments])


def test_the_quickstart_has_its_own_and_all_else_production() -> None:
    assert chosen("quickstart") == choosing.QUICKSTART
    for other in ([], ["worker"], ["import_directory"], ["export_directory", "quickstart"]):
        assert chosen(*other) == choosing.PRODUCTION


@pytest.mark.parametrize("command", ["import_directory", "export_directory", "compare_directory"])
def test_directories_move_in_and_out_of_a_quickstart(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its usual data folder, or the one that is named."""
    made(tmp_path / "program" / ".quickstart")
    assert chosen(command) == choosing.QUICKSTART
    assert chosen("worker") == choosing.PRODUCTION
    monkeypatch.setenv("GROUPADMIN_DATA_DIR", str(tmp_path / "elsewhere"))
    assert chosen(command) == choosing.PRODUCTION
    made(tmp_path / "elsewhere")
    assert chosen(command) == choosing.QUICKSTART


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_a_production_is_never_taken_for_a_quickstart(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made(tmp_path / "program" / ".quickstart")
    monkeypatch.setenv(name, "something")
    assert chosen("import_directory") == choosing.PRODUCTION


def test_a_quickstart_with_a_database_of_its_own_is_known_by_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://try@localhost/try")
    monkeypatch.setenv("GROUPADMIN_DATA_DIR", str(made(tmp_path / "try")))
    assert chosen("export_directory") == choosing.QUICKSTART

"""manage.py doctor as scripts and people use it (rule 11.6)."""

import json
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from groupadmin.base import clock
from groupadmin.health.doctor import examine
from groupadmin.health.doctor.finding import Check, Facts, Finding, error, ok, warning

Found = Callable[..., None]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    """Has the part "disk" find what is given."""

    def find(*findings: Finding) -> None:
        checks = [
            Check(check.name, lambda facts, seconds: findings) if check.name == "disk" else check
            for check in examine.CHECKS
        ]
        monkeypatch.setattr(examine, "CHECKS", checks)

    return find


def ask(*options: str) -> tuple[int, str]:
    """Exit status and what was said."""
    out = StringIO()
    try:
        call_command("doctor", "--no-color", "--only", "disk", *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.django_db
class TestSays:
    def test_what_works(self, found: Found) -> None:
        found(ok("There is room."))
        assert ask() == (0, "ok      disk           There is room.\nEverything works.\n")

    def test_what_does_not_and_what_to_mend(self, found: Found) -> None:
        found(error("It is full.", "Make room."), warning("It is old."))
        status, said = ask()
        assert status == 1
        assert said.splitlines() == [
            "error   disk           It is full.",
            "                       → Make room.",
            "warning disk           It is old.",
            "1 thing does not work, 1 warning.",
        ]

    def test_warnings_count_only_where_asked_for(self, found: Found) -> None:
        found(warning("It is old."))
        assert (ask()[0], ask("--strict")[0]) == (0, 1)

    def test_json(self, found: Found) -> None:
        found(error("It is full.", "Make room."))
        status, said = ask("--json")
        finding = {"part": "disk", "level": "error", "text": "It is full.", "mend": "Make room."}
        assert (status, json.loads(said)) == (1, {"works": False, "findings": [finding]})

    def test_parts_may_be_left_out(self, found: Found) -> None:
        found(error("It is full."))
        assert ask("--skip", "disk")[0] == 0

    @pytest.mark.parametrize("options", [("--skip", "disc"), ("--timeout", "0"), ("--timeout", "1e9")])
    def test_what_is_asked_wrongly(self, options: tuple[str, str]) -> None:
        with pytest.raises(CommandError) as refused:
            ask(*options)
        assert refused.value.returncode == 2


@pytest.mark.django_db
class TestAlwaysEnds:
    def test_whatever_the_other_side_does_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        goes_on = threading.Event()

        def silent(facts: Facts, seconds: float) -> Iterator[Finding]:
            goes_on.wait(60)
            yield ok("Too late.")

        monkeypatch.setattr(
            examine, "CHECKS", [Check("disk", silent), Check("clock", lambda *_: [ok("Fine.")])]
        )
        results = list(examine.examine(["disk", "clock"], 0.1))
        goes_on.set()
        assert [(name, finding.level) for name, finding in results] == [("disk", "error"), ("clock", "ok")]
        assert "Did not end in time" in results[0][1].text

    def test_a_fault_of_a_check_is_a_finding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(facts: Facts, seconds: float) -> Iterator[Finding]:
            raise KeyError("x")

        checks = [Check("disk", broken), Check("queues", broken, needs_database=True)]
        monkeypatch.setattr(examine, "CHECKS", checks)
        monkeypatch.setattr(connection, "close", lambda: None)
        results = list(examine.examine(["disk", "queues"], 5))
        assert [finding.text for _name, finding in results] == ["KeyError: 'x'"] * 2

    def test_without_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Says so once; what needs it is not looked at, and all else is."""

        def away(*args: Any) -> Any:
            raise OperationalError("connection refused")

        monkeypatch.setattr(clock, "read", away)
        monkeypatch.setattr(connection, "cursor", away)
        monkeypatch.setattr(connection, "close", lambda: None)
        results = dict(examine.examine(["database", "workers", "mail-loop", "disk"], 5))
        assert results["database"].text == "Does not answer: connection refused"
        assert results["workers"].text == "Not looked at: the database does not answer."
        assert results["mail-loop"].level == "note"
        assert "left for" in results["disk"].text

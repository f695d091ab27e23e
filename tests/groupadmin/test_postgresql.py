"""Who waits for a database: one for a silent server, two for a locked row, and the others not at all."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from django.db import OperationalError, connections

from groupadmin.base.outage import Away, Busy
from groupadmin.base.postgresql import connection, row_locks
from groupadmin.base.postgresql.base import DatabaseWrapper, _in_line
from groupadmin.base.postgresql.connection import Connection, Gate, Silence
from groupadmin.base.postgresql.row_locks import Lines
from tests.postgres import Way, cluster

pytestmark = pytest.mark.one_database


@contextmanager
def failing(gate: Gate, error: Exception) -> Iterator[None]:
    with pytest.raises(type(error)), gate.connecting():
        raise error
    yield


class TestGate:
    def test_lets_everybody_through_while_the_server_answers(self) -> None:
        gate = Gate()
        with gate.connecting(), gate.connecting():
            assert not gate.is_silent

    def test_tells_others_at_once_that_it_does_not(self) -> None:
        gate = Gate()
        refused = psycopg.OperationalError("refused")
        with failing(gate, refused), pytest.raises(Away, match="refused"), gate.connecting():
            pass
        assert not gate.is_silent

    def test_lets_one_try_after_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "TRIED_EVERY", 0)
        gate = Gate()
        with failing(gate, psycopg.errors.ConnectionTimeout("timeout")):
            assert gate.is_silent
            with gate.connecting(), pytest.raises(Away), gate.connecting():
                pass
        with gate.connecting(), gate.connecting():
            assert not gate.is_silent


class TestLines:
    def test_two_wait_for_a_row_and_anybody_for_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(row_locks, "TURN_SECONDS", 0)
        lines = Lines()
        with lines.standing("row"), lines.standing("row"):
            with pytest.raises(Busy), lines.standing("row"):
                pass
            with lines.standing("another"):
                pass
        with lines.standing("row"):
            pass

    def test_the_third_is_next_when_one_is_through(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(row_locks, "TURN_SECONDS", 60)
        lines, is_through = Lines(), threading.Event()

        def stand() -> None:
            with lines.standing("row"):
                is_through.set()

        third = threading.Thread(target=stand)
        with lines.standing("row"):
            with lines.standing("row"):
                third.start()
                assert not is_through.wait(0.01)
            assert is_through.wait(30)
        third.join()

    def test_the_fourth_is_told_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(row_locks, "TURN_SECONDS", 60)
        lines = Lines()

        def stand() -> None:
            with lines.standing("row"):
                pass

        third = threading.Thread(target=stand)
        with lines.standing("row"), lines.standing("row"):
            third.start()
            while not lines._in_turn["row"]:
                pass
            with pytest.raises(Busy), lines.standing("row"):
                pass
        third.join()
        assert not lines._waiting
        assert not lines._in_turn

    def test_where_somebody_waited_in_vain_one_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = Lines()
        with pytest.raises(OperationalError), lines.standing("row"):
            raise OperationalError("locked")
        with lines.standing("row"), pytest.raises(Busy), lines.standing("row"):
            pass
        monkeypatch.setattr(row_locks.time, "monotonic", lambda: 10.0**9)  # type: ignore[attr-defined]
        with lines.standing("row"), lines.standing("row"):
            pass

    @pytest.mark.parametrize(
        ("sql", "is_locking"),
        [
            ("SELECT 1 FROM a WHERE id = %s FOR NO KEY UPDATE", True),
            ("SELECT 1 FROM a WHERE id = %s FOR UPDATE OF a", True),
            ("SELECT 1 FROM a WHERE id = %s FOR UPDATE SKIP LOCKED", False),
            ("SELECT 1 FROM a WHERE id = %s FOR UPDATE NOWAIT", False),
            ("SELECT 1 FROM a WHERE id = %s", False),
        ],
    )
    def test_are_for_statements_that_wait(
        self, sql: str, is_locking: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = Lines()
        monkeypatch.setattr("groupadmin.base.postgresql.base._LINES", lines)
        monkeypatch.setattr(row_locks, "TURN_SECONDS", 0)

        def execute(*_asked: object) -> str:
            return "done"

        with ExitStack() as stack:
            for _thread in range(row_locks.AT_A_ROW):
                stack.enter_context(lines.standing((sql, "[1]")))
            context = {"connection": SimpleNamespace(locked=set(), in_atomic_block=True)}
            assert _in_line(execute, sql, [2], False, context) == "done"
            if is_locking:
                with pytest.raises(Busy):
                    _in_line(execute, sql, [1], False, context)
            else:
                assert _in_line(execute, sql, [1], False, context) == "done"

    def test_are_not_for_who_holds_the_row_already(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Doors and their actions lock the company one after the other: those in line wait for just them."""
        lines, sql = Lines(), "SELECT 1 FROM a WHERE id = %s FOR NO KEY UPDATE"
        monkeypatch.setattr("groupadmin.base.postgresql.base._LINES", lines)
        monkeypatch.setattr(row_locks, "TURN_SECONDS", 0)
        wrapper = DatabaseWrapper({**connections["default"].settings_dict})
        wrapper.in_atomic_block = True
        context = {"connection": wrapper}

        def execute(*_asked: object) -> str:
            return "done"

        assert _in_line(execute, sql, [1], False, context) == "done"
        with ExitStack() as stack:
            for _thread in range(row_locks.AT_A_ROW):
                stack.enter_context(lines.standing((sql, "[1]")))
            assert _in_line(execute, sql, [1], False, context) == "done"
            wrapper._rollback()
            with pytest.raises(Busy):
                _in_line(execute, sql, [1], False, context)


def test_a_server_that_falls_silent_is_given_up() -> None:
    """In the middle of a statement, where the server's own limits say nothing."""
    with cluster() as database:
        way = Way(database.port)
        connection = Connection.connect(database.url(way.port))
        connection.silent_seconds = 0.2
        said: list[bool] = []
        connection.on_silence = lambda: said.append(True)
        assert connection.execute("SELECT 1").fetchone() == (1,)
        way.fall_silent()
        with pytest.raises(Silence):
            connection.execute("SELECT 1")
        way.close()
        assert said == [True]
        assert connection.closed

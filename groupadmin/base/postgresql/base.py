"""The ENGINE: Django's, behind a gate (connection.py) and with lines at locked rows (row_locks.py)."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg import IsolationLevel

from groupadmin.base.outage import CommitLost, is_away

from .connection import Connection, Gate
from .row_locks import Lines

_GATES: defaultdict[tuple[Any, ...], Gate] = defaultdict(Gate)
_LINES = Lines()


class DatabaseWrapper(base.DatabaseWrapper):
    """Reads settings of its own: SILENT_SECONDS, HEALTH_SECONDS for asking whether it is there, and LINES."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the transaction has locked: to lock it again, it must not wait behind those who wait for it.
        self.locked: set[tuple[str, str]] = set()
        if self.settings_dict.get("LINES"):
            self.execute_wrappers.append(_in_line)

    @property
    def _gate(self) -> Gate:
        values = self.settings_dict
        return _GATES[values["HOST"], values["PORT"], values["NAME"]]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connects, unless the server has just been found away."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        self.locked.clear()
        with self._gate.connecting():
            connection = Connection.connect(**conn_params)
        connection.silent_seconds = self.settings_dict.get("SILENT_SECONDS", 0)
        connection.on_silence = self._gate.fall_silent
        return connection

    def is_usable(self) -> bool:
        """Whether the connection still works. A silent server is not asked once for every connection."""
        if self.connection is None or self._gate.is_silent:
            return False
        usual = self.connection.silent_seconds
        self.connection.silent_seconds = self.settings_dict.get("HEALTH_SECONDS", 0)
        try:
            self.connection.execute("SELECT 1")
        except self.Database.Error:
            return False
        finally:
            self.connection.silent_seconds = usual
        return True

    def _rollback(self) -> None:
        self.locked.clear()
        super()._rollback()  # type: ignore[misc]  # unknown to its stubs

    def _commit(self) -> None:
        self.locked.clear()
        try:
            super()._commit()  # type: ignore[misc]  # unknown to its stubs
        except OperationalError as error:
            if is_away(error):
                raise CommitLost(*error.args) from error
            raise


def _in_line(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Has statements that wait for rows stand in line for them."""
    is_locking = " FOR UPDATE" in sql or " FOR NO KEY UPDATE" in sql
    if not is_locking or many or "SKIP LOCKED" in sql or "NOWAIT" in sql:
        return execute(sql, params, many, context)
    connection, row = context["connection"], (sql, str(params))
    if row in connection.locked:
        return execute(sql, params, many, context)
    with _LINES.standing(row):
        found = execute(sql, params, many, context)
    if connection.in_atomic_block:
        connection.locked.add(row)
    return found

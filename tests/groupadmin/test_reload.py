"""Reloading a web server, as an upgrade does: nobody is turned away, and nobody waits for it (rule 11.7)."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from groupadmin import reload

from .test_wsgi import ROOT, SERVICE, Running, ask, gunicorn

__all__ = ["gunicorn"]
pytestmark = pytest.mark.one_database

PAGE = b"GET /sign-in/ HTTP/1.1\r\n\r\n"


def processes(of: Running) -> set[int]:
    return set(map(int, Path(f"/proc/{of.process}/task/{of.process}/children").read_text().split()))


def test_old_ones_answer_until_new_ones_do(gunicorn: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(gunicorn.port, PAGE)[0] == 200
    (old,) = processes(gunicorn)
    said: list[tuple[int, bool]] = []
    answers: list[int] = []
    is_over = threading.Event()
    kill = os.kill

    def noted(process: int, number: int) -> None:
        said.append((number, any(map(reload.is_ready, processes(gunicorn) - {old}))))
        kill(process, number)

    def visit() -> None:
        while not is_over.wait(0.05):
            answers.append(ask(gunicorn.port, PAGE)[0])

    monkeypatch.setattr(os, "kill", noted)
    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        assert reload.reload(gunicorn.process) == 1
        before = len(answers)
        reload._wait(lambda: old not in processes(gunicorn) and len(answers) > before + 3, float("inf"))
    finally:
        is_over.set()
        visitor.join()
    assert said == [(signal.SIGTTIN, False), (signal.SIGTTOU, True)]
    assert set(answers) == {200}
    (new,) = processes(gunicorn)
    assert reload.is_ready(new)


def test_what_does_not_start_leaves_the_old_ones(gunicorn: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(gunicorn.port, PAGE)[0] == 200
    monkeypatch.setattr(reload, "PATIENCE", -1)
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _process, number: sent.append(number))
    with pytest.raises(SystemExit, match="the old processes go on"):
        reload.main([str(gunicorn.process)])
    assert sent == [signal.SIGTTIN]


def test_is_what_systemd_runs() -> None:
    (line,) = (line for line in SERVICE.read_text().splitlines() if line.startswith("ExecReload="))
    assert line.endswith("python -m groupadmin.reload $MAINPID")
    ran = subprocess.run(
        [sys.executable, "-m", "groupadmin.reload", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "Not reloaded" in ran.stderr


def test_new_ones_have_nothing_of_the_code_of_before() -> None:
    """What the main process has read with its own settings, years ago, stays in that."""
    asked = (
        "import sys; from groupadmin.health import gunicorn as g; g.post_fork(None, None);"
        "sys.exit([name for name in sys.modules if name.startswith(('groupadmin', 'accounts', 'groups'))])"
    )
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "[]\n")

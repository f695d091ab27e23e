"""A script that reads a hostile file gets little memory, little time, and nothing of ours."""

import io
from pathlib import Path

import pytest

from groupadmin.base import confined

LIMITS = confined.Limits(memory=200_000_000, seconds=1, answer=100_000)

FINE = "def answer(source, word): return source + word.encode()"
HUNGRY = "def answer(source): return bytes(10**9)"
ENDLESS = "def answer(source):\n while True: pass"
TALKATIVE = "def answer(source): return bytes(10**6)"
BROKEN = "def answer(source): raise ValueError"


def run(tmp_path: Path, script: str, *arguments: str) -> bytes:
    path = tmp_path / "script.py"
    path.write_text(script)
    return confined.run(path, io.BytesIO(b"a file "), *arguments, limits=LIMITS)


def test_it_reads_the_file_and_answers(tmp_path: Path) -> None:
    assert run(tmp_path, FINE, "read") == b"a file read"


@pytest.mark.parametrize("script", [HUNGRY, ENDLESS])
def test_too_much_memory_or_time_ends_it(tmp_path: Path, script: str) -> None:
    with pytest.raises(confined.TooMuch):
        run(tmp_path, script)


@pytest.mark.parametrize("script", [TALKATIVE, BROKEN, "no python"])
def test_what_gives_no_answer_has_failed(tmp_path: Path, script: str) -> None:
    with pytest.raises(confined.Failed):
        run(tmp_path, script)


def test_it_sees_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "MAIL_OUT"):
        monkeypatch.setenv(name, "a secret")
    seen = run(tmp_path, "import os\ndef answer(source): return repr(dict(os.environ)).encode()")
    assert b"SECRET_KEY" not in seen
    assert b"a secret" not in seen


@pytest.mark.parametrize(
    "way",
    [
        "open('/proc/self/status')",
        "__import__('socket').socket()",
        "__import__('os').pipe()",
    ],
)
def test_it_opens_nothing(tmp_path: Path, way: str) -> None:
    """Not the settings of the process that started it, nor a connection."""
    with pytest.raises(confined.Failed):
        run(tmp_path, f"import socket, os\ndef answer(source):\n {way}\n return b''")

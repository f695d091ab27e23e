"""The doors in front of Django, asked of gunicorn itself with the options it has in production."""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "groupadmin" / "deploy" / "groupadmin-web.service"

pytestmark = pytest.mark.one_database


def options() -> list[str]:
    """What the service tells gunicorn, except where to listen."""
    (line,) = (line for line in SERVICE.read_text().splitlines() if line.startswith("ExecStart="))
    words = shlex.split(line)[1:]
    place = words.index("--bind")
    return words[:place] + words[place + 2 :]


@dataclass(frozen=True)
class Running:
    """Gunicorn, and where it listens."""

    process: int
    port: int


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A web server with the settings of production, behind one proxy: the test."""
    folder = tmp_path_factory.mktemp("production")
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment |= {
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": f"sqlite:///{folder / 'empty.sqlite3'}",
        "GROUPADMIN_DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "ALLOWED_HOSTS": "groups.example",
        "TRUSTED_PROXIES": "1",
        "CACHE_URL": "locmemcache://",
    }
    collect = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--no-input"]
    subprocess.run(collect, env=environment, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "gunicorn", *options(), "--workers", "1"]
        command += ["--bind", f"fd://{listener.fileno()}", "--pythonpath", str(ROOT)]
        with subprocess.Popen(
            command, env=environment, pass_fds=[listener.fileno()], stderr=(folder / "log").open("w")
        ) as process:
            try:
                yield Running(process.pid, listener.getsockname()[1])
            finally:
                process.terminate()
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def server(gunicorn: Running) -> int:
    """Its port."""
    return gunicorn.port


def ask(
    server: int,
    request: bytes,
    *,
    host: bytes = b"groups.example",
    proxied: bytes = b"X-Forwarded-Proto: https\r\n",
) -> tuple[int, bytes]:
    """Sends what is given, and nothing more, with what nginx adds. Returns status and answer."""
    line, _end, rest = request.partition(b"\r\n")
    with socket.create_connection(("127.0.0.1", server), timeout=30) as connection:
        connection.sendall(b"%b\r\nHost: %b\r\nConnection: close\r\n%b%b" % (line, host, proxied, rest))
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer


def post(path: str, body: bytes, kind: str, length: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode() + body


GROUPS = "/groups/"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=X"


def field(name: bytes) -> bytes:
    return b"--X\r\nContent-Disposition: form-data; name=%b\r\n\r\n1\r\n" % name


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script_Name", "PATH_INFO"])
def test_no_header_says_where_we_are(server: int, name: str) -> None:
    """Else whoever sends it chose which links we write, and which path a proxy in front thinks it guards."""
    status, answer = ask(server, f"GET {GROUPS} HTTP/1.1\r\n{name}: /groups\r\n\r\n".encode())
    assert status == 302
    assert b"Location: /sign-in/?next=/groups/\r\n" in answer
    assert b"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n" in answer


@pytest.mark.parametrize("name", ["Script-Name", "Path-Info"])
def test_nor_where_a_server_believes_them(server: int, name: str) -> None:
    assert ask(server, f"GET {GROUPS} HTTP/1.1\r\n{name}: /elsewhere\r\n\r\n".encode())[0] == 400


@pytest.mark.parametrize("header", ["X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl"])
def test_only_our_proxy_says_whether_it_is_https(server: int, header: str) -> None:
    """Gunicorn would believe these of anybody on this machine, such as nginx that passes them on."""
    for scheme, expected in (("https", 302), ("http", 301)):
        request = f"GET {GROUPS} HTTP/1.1\r\nX-Forwarded-Proto: {scheme}\r\n{header}\r\n\r\n"
        assert ask(server, request.encode(), proxied=b"")[0] == expected


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (URLENCODED, b"&".join(b"field%d=1" % n for n in range(1_001)), b"too many fields"),
        (MULTIPART, field(b"a") * 1_001 + b"--X--\r\n", b"too many fields"),
        (MULTIPART, field(b"a; filename=b") * 101 + b"--X--\r\n", b"too many files"),
        ("multipart/form-data", b"--X", b"cannot be read"),
    ],
    ids=["fields", "parts", "files", "no boundary"],
)
def test_what_no_form_of_ours_sends_is_refused_calmly(
    server: int, kind: str, body: bytes, said: bytes
) -> None:
    """With a page that says why, and no traceback in the log, see the fixture."""
    status, answer = ask(server, post(GROUPS, body, kind, len(body)))
    assert status == 400
    assert said in answer
    assert b"Content-Security-Policy" in answer


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (URLENCODED, b"a=1&b=2"),
        (MULTIPART, field(b"a") + b"--X--\r\n"),
        (MULTIPART, field(b"a")[:-5]),
    ],
)
def test_half_a_form_is_no_form(server: int, kind: str, body: bytes) -> None:
    """What is missing would look like boxes that were unchecked."""
    status, answer = ask(server, post(GROUPS, body, kind, len(body) + 7))
    assert status == 400
    assert b"Broken off" in answer


@pytest.mark.parametrize(
    "lengths", ["Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\n" * 2]
)
def test_two_lengths_are_none(server: int, lengths: str) -> None:
    """Where two servers end a request at different places, a second one can hide in it."""
    request = f"POST {GROUPS} HTTP/1.1\r\n{lengths.strip()}\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"
    status, answer = ask(server, request.encode())
    assert status == 400
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_strange_host_gets_nothing(server: int) -> None:
    status, answer = ask(server, f"GET {GROUPS} HTTP/1.1\r\n\r\n".encode(), host=b"evil.example")
    assert status == 400
    assert b"evil" not in answer

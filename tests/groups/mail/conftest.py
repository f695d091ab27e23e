"""The mail server, listening on free ports of this machine, with its mail going to a folder; and a mail that
waits to be delivered, by a way out that answers as a test says."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groups.mail.outgoing import delivery, tasks
from groups.models import Group, Mail
from tests.groups.mail.outgoing.transport import FakeWay
from tests.helpers import Clock

from .lists import accepted
from .servers import Ports, serving


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost's own, with its key in the same file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-batch"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*command, *names, "-keyout", path, "-out", path.with_suffix(".crt")], check=True, capture_output=True
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """What the server encrypts with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    """What a client trusts: that certificate alone."""
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture
def outgoing(tmp_path: Path, settings: Any) -> Path:
    """Where mail goes out, to look at it."""
    folder = tmp_path / "outgoing"
    settings.MAIL_OUT = f"folder://{folder}"
    return folder


@pytest.fixture
def ports(transactional_db: None, outgoing: Path) -> Iterator[Ports]:
    """LMTP and SMTP."""
    with serving() as ports:
        yield ports


@pytest.fixture
def secured(transactional_db: None, outgoing: Path, tls: ssl.SSLContext) -> Iterator[Ports]:
    """All doors, with TLS."""
    with serving(tls) as ports:
        yield ports


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch) -> FakeWay:
    way = FakeWay()
    monkeypatch.setattr(delivery, "way_out", lambda: way)
    return way


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing runs by itself; notes who is woken."""
    calls: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda: calls.append("wake"))
    monkeypatch.setattr(tasks, "call_another", lambda: calls.append("another"))
    return calls


@pytest.fixture
def mail(group: Group, clock: Clock, way: FakeWay, wakes: list[str]) -> Mail:
    """To the member and the teammate, in one envelope."""
    return accepted(group).mail

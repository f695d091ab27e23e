"""A real slapd on loopback, in a folder of its own, with a certificate that the system does not know."""

import datetime
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:/usr/local/sbin")
SLAPADD = shutil.which("slapadd", path="/usr/sbin:/usr/local/sbin")
SUFFIX = "dc=hanbit,dc=example"
READER, PASSWORD = f"cn=reader,{SUFFIX}", "letmeread"

# Whoever asks for more than three entries at once, and not page by page, is refused.
CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{suffix}"
rootdn "cn=root,{suffix}"
directory {folder}/data
maxsize 33554432
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
limits dn.exact="{reader}" size.soft=3 size.hard=3 size.prtotal=unlimited
"""
_READER = f"dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: {PASSWORD}\n"


@dataclass(frozen=True)
class Slapd:
    """Where it listens on 127.0.0.1, and the authority that its certificate is signed by."""

    ldap: int
    ldaps: int
    authority: Path


@contextmanager
def running(folder: Path, ldif: str) -> Iterator[Slapd]:
    """Starts it with these entries."""
    _make_certificate(folder)
    (folder / "data").mkdir()
    config = folder / "slapd.conf"
    config.write_text(CONFIG.format(folder=folder, suffix=SUFFIX, reader=READER))
    (folder / "entries.ldif").write_text(f"{ldif}\n{_READER}")
    assert SLAPD is not None
    assert SLAPADD is not None
    loaded = subprocess.run(
        [SLAPADD, "-f", config, "-l", folder / "entries.ldif"], capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    ports = _free_ports(2)
    urls = f"ldap://127.0.0.1:{ports[0]} ldaps://127.0.0.1:{ports[1]}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [SLAPD, "-d", "0", "-f", config, "-h", urls], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait_for(ports, process, folder / "log")
            yield Slapd(ports[0], ports[1], folder / "certificate.pem")
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(ports: list[int], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    for port in ports:
        while True:
            assert process.poll() is None, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.02)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _number in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "slapd")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

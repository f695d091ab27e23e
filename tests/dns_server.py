"""A name server of the tests' own, on loopback."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENT, SERVFAIL = "silent", "servfail"


class NameServer(socketserver.ThreadingUDPServer):
    """Knows TXT and MX records by name; a name may also be never answered, or with a failure."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Question)
        self.records: dict[str, list[str] | str] = {}
        self.mail_servers: dict[str, list[str]] = {}
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"


class _Question(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        data, socket = self.request
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        server.asked.append(name)
        known = server.records.get(name)
        if known == SILENT:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if known == SERVFAIL:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif query.question[0].rdtype == dns.rdatatype.MX and name in server.mail_servers:
            response.answer.append(
                dns.rrset.from_text_list(f"{name}.", 60, "IN", "MX", server.mail_servers[name])
            )
        elif known is None and name not in server.mail_servers:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif known and query.question[0].rdtype == dns.rdatatype.TXT:
            quoted = [" ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200)) for text in known]
            response.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", quoted))
        socket.sendto(response.to_wire(), self.client_address)


@contextmanager
def name_server() -> Iterator[NameServer]:
    """One that answers as long as this is open."""
    with NameServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

"""Asks a directory, page by page, over an encrypted connection whose certificate is checked (rule 10.10).

A URL (RFC 4516) says what is asked for: ldaps://host/dc=example??sub?(objectClass=*). The name and the
password come from the settings, so that they stand in no command line.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid

from .entries import WANTED, Entry

PAGE = 500
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 10, 120
_RANGE = re.compile(r";range=\d+-(\d+)\Z")
"""Of a piece that is not the last: that one ends with a star."""

try:
    import ldap
    import ldapurl
    from ldap.controls import SimplePagedResultsControl
except ImportError:  # pragma: no cover  (an optional part, see pyproject.toml)
    ldap = None


class Server:
    """A directory at a URL."""

    def __init__(self, url: str) -> None:
        if ldap is None:
            raise Invalid("file", _("Install groupadmin[ldap] to ask directories."))
        try:
            self.url = ldapurl.LDAPUrl(url)
        except ValueError:
            raise Invalid("file", _("“%(url)s” is no LDAP URL.") % {"url": url}) from None
        self.name = f"{self.url.urlscheme}://{self.url.hostport}/{self.url.dn}"

    def entries(self) -> Iterator[Entry]:
        """All entries that the URL asks for, with the attributes that are wanted. Raises Invalid."""
        with self._connection() as connection:
            for row, (dn, attributes) in enumerate(self._found(connection), 1):
                entry = Entry(dn, {}, self.name, row)
                for name, values in attributes.items():
                    entry.attributes[name.lower()] = values
                self._complete(connection, entry)
                yield entry

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = None
        try:
            connection = ldap.initialize(f"{self.url.urlscheme}://{self.url.hostport}")
            self._prepare(connection)
            connection.simple_bind_s(self._bind_name(), settings.LDAP_PASSWORD)
            yield connection
        except ldap.INVALID_CREDENTIALS:
            raise Invalid(
                "file", _("The directory does not accept LDAP_BIND_DN with LDAP_PASSWORD.")
            ) from None
        except ldap.LDAPError as error:
            raise Invalid("file", self._reason(error)) from None
        finally:
            if connection is not None:
                connection.unbind_s()

    def _prepare(self, connection: Any) -> None:
        # A server's answer must not send us to other servers.
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, SECONDS_TO_CONNECT)
        connection.set_option(ldap.OPT_TIMEOUT, SECONDS_TO_ANSWER)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        if settings.LDAP_CA_FILE:
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, settings.LDAP_CA_FILE)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        if self.url.urlscheme == "ldap" and not self._is_this_machine():
            connection.start_tls_s()

    def _is_this_machine(self) -> bool:
        """Nobody stands between a machine and itself."""
        host = (self.url.hostport or "").rsplit(":", 1)[0].strip("[]")
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    def _bind_name(self) -> str:
        return str(self.url.who or settings.LDAP_BIND_DN)

    def _found(self, connection: Any) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
        control = SimplePagedResultsControl(True, size=PAGE, cookie=b"")
        while True:
            asked = connection.search_ext(
                self.url.dn or "",
                self.url.scope if self.url.scope is not None else ldap.SCOPE_SUBTREE,
                self.url.filterstr or "(objectClass=*)",
                attrlist=list(WANTED),
                serverctrls=[control],
            )
            _type, found, _id, controls = connection.result3(asked)
            # Without a name it is a referral.
            yield from ((dn, attributes) for dn, attributes in found if dn)
            pages = [one for one in controls if one.controlType == SimplePagedResultsControl.controlType]
            if not pages or not pages[0].cookie:
                return
            control.cookie = pages[0].cookie

    def _complete(self, connection: Any, entry: Entry) -> None:
        """Active Directory gives 1,500 values at once, as "member;range=0-1499", and then the next ones."""
        for key in [key for key in entry.attributes if ";range=" in key]:
            name = key.partition(";")[0]
            whole = entry.attributes.setdefault(name, [])
            whole += entry.attributes.pop(key)
            while cut := _RANGE.search(key):
                asked = f"{name};range={int(cut[1]) + 1}-*"
                found = connection.search_s(entry.dn, ldap.SCOPE_BASE, attrlist=[asked])
                pieces = {one.lower(): values for dn, piece in found if dn for one, values in piece.items()}
                key = next((one for one in pieces if one.startswith(f"{name};range=")), "")
                whole += pieces.get(key, [])

    def _reason(self, error: Exception) -> str:
        said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        words = [str(said[name]).strip() for name in ("desc", "info") if said.get(name)]
        return _("The directory %(name)s cannot be asked: %(reason)s") % {
            "name": self.name,
            "reason": ". ".join(words) or type(error).__name__,
        }

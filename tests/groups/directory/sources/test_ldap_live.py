"""A directory that is asked itself, tried with a real slapd (rule 10.10)."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record
from groups.directory.sources.known import source_of_url
from groups.directory.sources.ldap import SOURCE, ask
from groups.directory.sources.ldap import live as live_module
from groups.directory.sources.ldap.entries import Entry
from groups.directory.sources.ldap.live import Server

from . import slapd
from .given import Given, of
from .slapd import PASSWORD, READER, SUFFIX, Slapd

pytestmark = pytest.mark.one_database
needs_slapd = pytest.mark.skipif(
    slapd.SLAPD is None or find_spec("ldap") is None,
    reason="needs slapd, and python-ldap of groupadmin[ldap]",
)

PEOPLE = "".join(
    f"dn: uid=p{number},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: Person {number}\n"
    f"sn: {number}\nmail: p{number}@hanbit.example\njpegPhoto:: /9j/\n\n"
    for number in range(7)
)
LDIF = f"""\
dn: {SUFFIX}
objectClass: organization
objectClass: dcObject
dc: hanbit
o: Hanbit

{PEOPLE}dn: cn=crew,{SUFFIX}
objectClass: groupOfNames
cn: crew
owner: uid=p0,{SUFFIX}
member: uid=p1,{SUFFIX}
member: uid=p6,{SUFFIX}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd.running(tmp_path_factory.mktemp("slapd"), LDIF) as found:
        yield found


@pytest.fixture(autouse=True)
def reader(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LDAP_BIND_DN, settings.LDAP_PASSWORD = READER, PASSWORD
    monkeypatch.setattr(live_module, "PAGE", 2)


def trusting(settings: Any, authority: Path | str) -> None:
    settings.LDAP_CA_FILE = str(authority)


def without_ids(found: list[Record | Problem]) -> list[tuple[Any, dict[str, Any]]]:
    """What is the same in a file that has no ids."""
    return [
        (one.kind, {name: value for name, value in one.values.items() if name not in ("id", "group_id")})
        for one in found
        if isinstance(one, Record)
    ]


@needs_slapd
def test_a_directory_gives_what_its_ldif_gives_page_by_page(server: Slapd, settings: Any) -> None:
    """The server refuses more than three entries at once. What it has besides are its own ids (rule 10.4)."""
    trusting(settings, server.authority)
    found = list(ask(f"ldaps://127.0.0.1:{server.ldaps}/{SUFFIX}"))
    assert without_ids(found) == without_ids(list(SOURCE.read([Given("x.ldif", LDIF)])))
    assert len({one["id"] for one in of(found, "member")}) == 7


@needs_slapd
def test_a_url_can_ask_for_a_part(server: Slapd, settings: Any) -> None:
    trusting(settings, server.authority)
    found = list(ask(f"ldaps://127.0.0.1:{server.ldaps}/{SUFFIX}??one?(uid=p3)"))
    assert [one["member"] for one in of(found, "member")] == ["p3@hanbit.example"]
    assert len(found) == 1


@needs_slapd
@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_the_certificate_is_checked_before_the_password_is_sent(
    server: Slapd, settings: Any, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By StartTLS where the connection does not begin encrypted, and leads to another machine."""
    monkeypatch.setattr(Server, "_is_this_machine", lambda self: False)
    url = f"{scheme}://127.0.0.1:{getattr(server, scheme)}/{SUFFIX}"
    trusting(settings, server.authority)
    assert len(of(ask(url), "member")) == 7
    trusting(settings, "")
    settings.LDAP_PASSWORD = "wrong"
    with pytest.raises(Invalid, match="cannot be asked"):
        list(ask(url))


@needs_slapd
def test_the_machine_itself_may_be_asked_in_the_clear(server: Slapd) -> None:
    assert len(of(ask(f"ldap://127.0.0.1:{server.ldap}/{SUFFIX}"), "member")) == 7


@needs_slapd
def test_a_wrong_password_and_a_server_that_is_not_there_are_told(server: Slapd, settings: Any) -> None:
    settings.LDAP_PASSWORD = "wrong"
    with pytest.raises(Invalid, match="does not accept LDAP_BIND_DN"):
        list(ask(f"ldap://127.0.0.1:{server.ldap}/{SUFFIX}"))
    with pytest.raises(Invalid, match="cannot be asked: Can't contact LDAP server"):
        list(ask(f"ldap://127.0.0.1:1/{SUFFIX}"))


@needs_slapd
def test_long_lists_of_active_directory_are_asked_for_to_their_end() -> None:
    """It gives 1,500 values at once, and says which these are."""

    class Connection:
        def search_s(self, dn: str, scope: int, attrlist: list[str]) -> list[Any]:
            assert dn == "cn=x"
            pieces = {
                "member;range=2-*": ("member;Range=2-3", [b"c", b"d"]),
                "member;range=4-*": ("member;range=4-*", [b"e"]),
            }
            return [(dn, dict([pieces[attrlist[0]]])), (None, ["ldap://elsewhere.example"])]

    entry = Entry("cn=x", {"member": [], "member;range=0-1": [b"a", b"b"]})
    Server("ldap://127.0.0.1/")._complete(Connection(), entry)
    assert entry.attributes == {"member": [b"a", b"b", b"c", b"d", b"e"]}


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "ldap", None)
    with pytest.raises(Invalid, match=r"groupadmin\[ldap\]"):
        ask("ldaps://localhost/")


def test_a_url_names_its_source_and_a_path_none() -> None:
    assert source_of_url("ldaps://localhost/dc=x") is SOURCE
    assert source_of_url("/tmp/x.ldif") is None
    assert source_of_url("C:/x.ldif") is None

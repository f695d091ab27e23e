"""What the world reads of the lists' domains in the DNS: where mail goes, and who may send it."""

from collections.abc import Iterator
from functools import partial

from groupadmin.base.dns_records import Problem, mail_servers, txt_records
from groupadmin.health.storage import begin

from .finding import Facts, Finding, error, note, ok, warning

UNKNOWN = (Problem.NO_ANSWER, Problem.FAILED)


def domains(facts: Facts, seconds: float) -> Iterator[Finding]:
    """MX, SPF and DMARC of each domain. DKIM keys have names that only a signed mail tells: see the loop."""
    if not facts.domains:
        yield note("No list has an address yet.")
        return
    for begun in [begin(partial(_domain, name)) for name in facts.domains]:
        yield from begun.result()
    if facts.left_out:
        yield note(f"{facts.left_out} more domains were not looked at.")


def _domain(name: str) -> list[Finding]:
    servers = mail_servers(name)
    if servers in UNKNOWN:
        # Each other question would wait as long.
        return [
            warning(f"{name}: its name servers do not answer.", "Ask whoever runs them; or DNS_RESOLVERS.")
        ]
    found = [one for one in (_mx(name, servers), _spf(name), _dmarc(name)) if one is not None]
    return found or [ok(f"{name}: MX, SPF and DMARC are there.")]


def _mx(name: str, servers: tuple[str, ...] | Problem) -> Finding | None:
    if isinstance(servers, Problem):
        return error(
            f"{name}: no MX record: mail to its lists does not arrive.", "Add one, to your mail server."
        )
    if servers == (".",) or servers == ("",):
        return error(f"{name}: its MX record says that it takes no mail.", "Replace it by your mail server.")
    return None


def _spf(name: str) -> Finding | None:
    found = txt_records(name)
    if found.problem in UNKNOWN:
        return None
    policies = [value for value in found.values if value.lower().split(" ")[0] == "v=spf1"]
    if not policies:
        return warning(
            f"{name}: no SPF record: mail from its lists may be refused.", f'Add TXT {name} "v=spf1 mx -all".'
        )
    if len(policies) > 1:
        return error(f"{name}: {len(policies)} SPF records, so none counts.", "Keep one.")
    return None


def _dmarc(name: str) -> Finding | None:
    """Of the domain, or of one above it, which then counts for it."""
    above = name
    while "." in above:
        found = txt_records(f"_dmarc.{above}")
        if found.problem in UNKNOWN or any(value.lower().startswith("v=dmarc1") for value in found.values):
            return None
        above = above.partition(".")[2]
    mend = f'Add TXT _dmarc.{name} "v=DMARC1; p=none", and a stricter policy when all is signed.'
    return warning(f"{name}: no DMARC record: anybody can write in its name.", mend)

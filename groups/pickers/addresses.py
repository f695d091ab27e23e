"""Finds what the addresses that somebody typed or pasted belong to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import Address, Domain

from .scope import PickScope
from .tokens import entries_of

CHUNK = 5_000


@dataclass(frozen=True)
class Found:
    """Tokens by address, and the addresses of nobody who may be chosen here."""

    tokens: dict[str, str]
    missing: tuple[str, ...]


def resolve(scope: PickScope, addresses: Sequence[str]) -> Found:
    """Looks all addresses up, in few queries however many there are.

    Addresses of people and things that may not be chosen count as missing, so that nobody learns who
    exists elsewhere (spec 1.1, 5.3).
    """
    owners: dict[str, str] = {}
    for start in range(0, len(addresses), CHUNK):
        owners |= _owners(scope, addresses[start : start + CHUNK])
    allowed = _allowed(scope, owners.values())
    tokens = {address: token for address in addresses if (token := owners.get(address)) in allowed and token}
    return Found(tokens, tuple(address for address in addresses if address not in tokens))


def _owners(scope: PickScope, addresses: Sequence[str]) -> dict[str, str]:
    parts = {tuple(address.rsplit("@", 1)) for address in addresses}
    rows = Address.objects.filter(
        local_part__in={local for local, _domain in parts},
        domain__in=_domains(scope, {domain for _local, domain in parts}),
    ).values_list("local_part", "domain__name", "member", "team", "mailing_list__group")
    owners = {}
    for local_part, domain, member, team, group in rows:
        for kind, pk in (("member", member), ("team", team), ("group", group)):
            if pk is not None and (local_part, domain) in parts:
                owners[f"{local_part}@{domain}"] = f"{kind}:{pk}"
    return owners


def _domains(scope: PickScope, names: Iterable[str]) -> list[int]:
    """The domains among these whose addresses the actor may know."""
    return list(
        Domain.objects.filter(company=scope.address_company, name__in=set(names)).values_list("pk", flat=True)
    )


def _allowed(scope: PickScope, tokens: Iterable[str]) -> set[str]:
    entries = entries_of(tokens)
    allowed = set()
    for kind, ids, choosable in (
        ("member", entries.members, scope.members()),
        ("team", entries.teams, scope.teams()),
        ("group", entries.groups, scope.groups().filter(uses_mailing_list=True)),
    ):
        if ids:
            found = choosable.filter(pk__in=ids).values_list("pk", flat=True)
            allowed |= {f"{kind}:{pk}" for pk in found}
    return allowed

"""Finds the owners of addresses that somebody has entered or pasted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import Address, Domain

from .scope import Scope
from .tokens import chosen_of

CHUNK = 5_000


@dataclass(frozen=True)
class Found:
    """Tokens by address, and the addresses of nobody who may be chosen here."""

    tokens: dict[str, str]
    missing: tuple[str, ...]


def resolve(scope: Scope, addresses: Sequence[str]) -> Found:
    """Looks up all addresses, with a fixed number of queries.

    Addresses of people and groups that may not be chosen count as missing, so that nobody learns who exists
    elsewhere (rules 1.1, 5.3).
    """
    owners: dict[str, str] = {}
    for start in range(0, len(addresses), CHUNK):
        owners |= _owners(scope, addresses[start : start + CHUNK])
    allowed = _allowed(scope, owners.values())
    tokens = {address: token for address in addresses if (token := owners.get(address)) in allowed and token}
    return Found(tokens, tuple(address for address in addresses if address not in tokens))


def _owners(scope: Scope, addresses: Sequence[str]) -> dict[str, str]:
    parts = {tuple(address.rsplit("@", 1)) for address in addresses}
    lookups = [("member", "member"), ("team", "team")]
    if scope.further:
        lookups += [(scope.further.kind, owner) for owner in scope.further.owners]
    rows = Address.objects.filter(
        local_part__in={local for local, _domain in parts},
        domain__in=_domains(scope, {domain for _local, domain in parts}),
    ).values_list("local_part", "domain__name", *(lookup for _kind, lookup in lookups))
    owners = {}
    for local_part, domain, *ids in rows:
        for (kind, _lookup), pk in zip(lookups, ids, strict=True):
            if pk is not None and (local_part, domain) in parts:
                owners[f"{local_part}@{domain}"] = f"{kind}:{pk}"
    return owners


def _domains(scope: Scope, names: Iterable[str]) -> list[int]:
    """The domains among these whose addresses the actor may know."""
    return list(
        Domain.objects.filter(company=scope.address_company, name__in=set(names)).values_list("pk", flat=True)
    )


def _allowed(scope: Scope, tokens: Iterable[str]) -> set[str]:
    chosen = chosen_of(tokens)
    wanted: list[tuple[str, frozenset[int], QuerySet[Any]]] = [
        ("member", chosen.members, scope.members()),
        ("team", chosen.teams, scope.teams()),
    ]
    if scope.further:
        wanted.append((scope.further.kind, chosen.groups, scope.further.by_address()))
    allowed = set()
    for kind, ids, choosable in wanted:
        if ids:
            found = choosable.filter(pk__in=ids).values_list("pk", flat=True)
            allowed |= {f"{kind}:{pk}" for pk in found}
    return allowed

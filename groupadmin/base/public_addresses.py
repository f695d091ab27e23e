"""Which addresses we call for strangers: public ones, and those that the installation allows (rule 11.5)."""

import ipaddress

from django.conf import settings

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

NEVER = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32"),
        *("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
        *("::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::/32"),
    )
]
"""Nobody's server, and where clouds tell their machines secrets: refused whatever the settings allow."""
NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "2002::/16")
]
"""What Python's `is_global` lets through, in one of its versions or in all."""
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_allowed(address: IPAddress) -> bool:
    """Whether it is public, or of a network that the installation allows (`OUTGOING_PRIVATE_NETWORKS`)."""
    inner = _inner(address)
    if inner is not None:
        return is_allowed(inner)
    if any(address in network for network in NEVER):
        return False
    return _is_public(address) or any(address in network for network in _allowed_networks())


def _inner(address: IPAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address where packets to such an IPv6 address end up."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _is_public(address: IPAddress) -> bool:
    if any(address in network for network in NOT_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in PUBLIC_IPV6:
        return False
    return address.is_global


def _allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(network) for network in settings.OUTGOING_PRIVATE_NETWORKS]

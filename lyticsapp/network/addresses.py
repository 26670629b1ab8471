"""Which network addresses may be reached on behalf of a customer.

A customer chooses the address of a webhook, and the request leaves from inside
our network. So only addresses of the public Internet are reached, unless
`WEBHOOK_ALLOWED_NETWORKS` names others. A name is looked at after it has been
resolved, and the connection goes to the very address that was looked at: a name
that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = ip_network("64:ff9b::/96")
IPV4_COMPATIBLE = ip_network("::/96")
REFUSED_TOO = (
    ip_network("192.0.0.0/24"),  # of protocols, and Oracle's metadata
    ip_network("64:ff9b:1::/48"),  # NAT64 inside a network
    ip_network("168.63.129.16/32"),  # Azure's wire server: public only in form
)


class AddressRefusedError(Exception):
    """The address is not one that may be reached."""


def resolve(host: str, port: int) -> list[tuple[str, int]]:
    """The permitted (address, port) of a host.

    Raises AddressRefusedError where it has none, and OSError where it has no
    address at all.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    permitted = [address for address in addresses if may_reach(address)]
    if not permitted:
        raise AddressRefusedError(
            f"{host} is at a private or reserved address, which is not reached. "
            "An operator can allow its network in WEBHOOK_ALLOWED_NETWORKS."
        )
    return [(address, port) for address in permitted]


def may_reach(text: str) -> bool:
    """Whether an address may be reached."""
    address = _unwrapped(ip_address(text.partition("%")[0]))
    allowed = _networks(tuple(settings.WEBHOOK_ALLOWED_NETWORKS))
    if any(address in network for network in allowed):
        return True
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in REFUSED_TOO)
    )


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    if inner is None and (address in NAT64 or address in IPV4_COMPATIBLE):
        low = int(address) & 0xFFFF_FFFF
        inner = IPv4Address(low) if low > 1 else None
    return address if inner is None else inner


@lru_cache(maxsize=8)
def _networks(texts: Sequence[str]) -> list[Network]:
    return [ip_network(text, strict=False) for text in texts]

"""Functions on network addresses."""

from __future__ import annotations

import ipaddress
from typing import Any

from segments.filterql.coerce import scalar_text
from segments.filterql.functions.registry import function
from segments.filterql.values import MISSING


@function("ipfilter(ip, cidr)", 2)
def ipfilter(address: Any, network: Any) -> Any:
    """Whether an IP address is in a network."""
    ip, cidr = scalar_text(address), scalar_text(network)
    if ip is None or cidr is None or "/" not in cidr or "%" in ip:
        return MISSING
    try:
        found = ipaddress.ip_address(ip)
        wanted = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return MISSING
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found) in wanted

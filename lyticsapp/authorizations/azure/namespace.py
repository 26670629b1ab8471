"""Where a namespace of Event Hubs is: a host of Azure, or one an operator allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.looking import refuse_private

# https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure
SUFFIXES = (
    ".servicebus.windows.net",
    ".servicebus.usgovcloudapi.net",
    ".servicebus.chinacloudapi.cn",
)
HTTPS_PORT = 443
EMULATOR = "UseDevelopmentEmulator"


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """What a connection string says."""

    host: str
    policy: str
    key: str = field(repr=False)
    hub: str = ""
    """Empty where it is of the whole namespace."""
    is_plain: bool = False
    """Whether the SDK is to do without TLS."""


def read(text: str) -> ConnectionString:
    """The parts of a connection string; raises ValueError, without the key in it."""
    given = dict(_part(part) for part in text.strip().rstrip(";").split(";"))
    lacking = [
        name
        for name in ("Endpoint", "SharedAccessKeyName", "SharedAccessKey")
        if not given.get(name)
    ]
    if lacking:
        raise ValueError(
            f"lacks {', '.join(lacking)}. Copy the whole of it: "
            "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…"
        )
    endpoint = urlsplit(given["Endpoint"])
    if endpoint.scheme != "sb" or not endpoint.netloc:
        raise ValueError("has an Endpoint that does not begin with sb:// and a host.")
    return ConnectionString(
        host=endpoint.netloc.lower(),
        policy=given["SharedAccessKeyName"],
        key=given["SharedAccessKey"],
        hub=given.get("EntityPath", ""),
        is_plain=given.get(EMULATOR, "").lower() == "true",
    )


def url_of(host: str) -> str:
    """The address of a namespace for HTTP; raises ValueError where it may not be."""
    allowed = {
        urlsplit(url).netloc.lower(): url.rstrip("/")
        for url in settings.AZURE_ENDPOINTS
    }
    if host.lower() in allowed:
        return allowed[host.lower()]
    if not host.lower().endswith(SUFFIXES):
        raise ValueError(
            f"names {host}, which is no host of Azure; one ends in {SUFFIXES[0]}. An "
            "operator can allow another in AZURE_ENDPOINTS."
        )
    return f"https://{host.lower()}"


def check(host: str, *, is_plain: bool = False) -> None:
    """Raises ValueError where a namespace at this host is not connected to."""
    url = urlsplit(url_of(host))
    if is_plain and url.scheme == "https":
        raise ValueError(f"asks to do without TLS: take out {EMULATOR}.")
    try:
        refuse_private(url.hostname or "", url.port or HTTPS_PORT)
    except AddressRefusedError as error:
        raise ValueError(str(error)) from error


def _part(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals:
        raise ValueError("is not of names and values: Name=value;Name=value.")
    return name.strip(), value.strip()

"""How an authorization is let in at a namespace, whichever its method."""

from __future__ import annotations

from dataclasses import dataclass

from lyticsapp.authorizations.azure import entra, namespace, sas
from lyticsapp.authorizations.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Access:
    """A namespace, and what lets one in there."""

    host: str
    hub: str
    """That the authorization is bound to; empty where it is of the namespace."""
    url: str
    """Of the namespace, for HTTP."""
    credentials: Credentials

    def header(self, hub: str) -> str:
        """What to send as `Authorization` for a hub.

        Raises TokenRefusedError and TokenUnreachableError where it is a token's.
        """
        given = self.credentials.settings
        if "client_secret" in given:
            return f"Bearer {entra.token(self.credentials)}"
        if "connection_string" in given:
            read = namespace.read(given["connection_string"])
            policy, key = read.policy, read.key
        else:
            policy, key = given["policy"], given["key"]
        return sas.signature(f"{self.url}/{hub}", policy=policy, key=key)


def access_of(credentials: Credentials) -> Access:
    """The access that an authorization of Azure gives; raises ValueError."""
    given = credentials.settings
    if "connection_string" in given:
        read = namespace.read(given["connection_string"])
        host, hub = read.host, read.hub
    else:
        host, hub = given["namespace"], ""
    return Access(host, hub, namespace.url_of(host), credentials)

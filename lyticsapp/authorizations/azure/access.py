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

    @property
    def is_by_application(self) -> bool:
        """Whether a token of Entra ID lets it in, and no key of a policy."""
        return "client_secret" in self.credentials.settings

    @property
    def policy_and_key(self) -> tuple[str, str]:
        """Of a shared access policy; for those that are not by an application."""
        given = self.credentials.settings
        if "connection_string" in given:
            read = namespace.read(given["connection_string"])
            return read.policy, read.key
        return given["policy"], given["key"]

    def ask_for_token(self) -> None:
        """Have a token at hand, where one is needed.

        Raises TokenRefusedError and TokenUnreachableError.
        """
        if self.is_by_application:
            entra.token(self.credentials)

    def header(self, hub: str) -> str:
        """What to send as `Authorization` for a hub.

        Raises TokenRefusedError and TokenUnreachableError where it is a token's.
        """
        if self.is_by_application:
            return f"Bearer {entra.token(self.credentials)}"
        policy, key = self.policy_and_key
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

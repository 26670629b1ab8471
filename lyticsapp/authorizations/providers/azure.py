"""Microsoft Azure: Event Hubs, by a shared access signature or an Entra application.

https://learn.microsoft.com/azure/event-hubs/authenticate-shared-access-signature
https://learn.microsoft.com/azure/event-hubs/authenticate-application
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lyticsapp.authorizations.azure import namespace, steps
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.provider import Fact, Method
from lyticsapp.declaration.settings import Setting

TITLE = "Microsoft Azure"
ICON = "hub"

HOST = r"[A-Za-z0-9.-]+(:\d{1,5})?"
NAMESPACE = Setting(
    name="namespace",
    label="Event Hubs Namespace",
    help="The host name of the namespace, such as example.servicebus.windows.net.",
    required=True,
    pattern=HOST,
    pattern_help="must be a host name, without sb:// or https://.",
    check=namespace.check,
)


def check_connection_string(text: str) -> None:
    """Raises ValueError where it is none, or of a host that is not connected to."""
    read = namespace.read(text)
    namespace.check(read.host, is_plain=read.is_plain)


def _found(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a connection string says besides its key."""
    read = namespace.read(settings["connection_string"])
    return {
        "azure_namespace": read.host,
        "azure_hub": read.hub,
        "azure_policy": read.policy,
    }


def _facts(authorization: Authorization) -> list[Fact]:
    found = authorization.found
    labels = {
        "azure_namespace": "Event Hubs Namespace",
        "azure_hub": "Event Hub",
        "azure_policy": "Policy Name",
    }
    return [Fact(labels[n], found[n]) for n in labels if found.get(n)]


METHODS = (
    Method(
        key="connection_string",
        title="Event Hub Connection String",
        intro="The connection string of a namespace or of one event hub.",
        fields=(
            Setting(
                name="connection_string",
                label="Connection String",
                help="Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…",
                required=True,
                secret=True,
                check=check_connection_string,
            ),
        ),
        check=_found,
        facts=_facts,
        steps=steps.SAS,
    ),
    Method(
        key="sas",
        title="Shared Access Policy",
        intro="The name of a shared access policy and one of its keys.",
        fields=(
            NAMESPACE,
            Setting(
                name="policy",
                label="Policy Name",
                help="A policy with the claim Send.",
                required=True,
            ),
            Setting(
                name="key",
                label="Policy Key",
                help="Its primary or its secondary key.",
                required=True,
                secret=True,
            ),
        ),
        steps=steps.SAS,
    ),
    Method(
        key="entra",
        title="Microsoft Entra ID",
        intro="A client secret of an application with the role "
        "“Azure Event Hubs Data Sender”.",
        fields=(
            NAMESPACE,
            Setting(
                name="tenant_id",
                label="Tenant ID",
                help="The directory (tenant) id of the application.",
                required=True,
            ),
            Setting(
                name="client_id",
                label="Client ID",
                help="The application (client) id.",
                required=True,
            ),
            Setting(
                name="client_secret",
                label="Client Secret",
                help="The value of one of its client secrets.",
                required=True,
                secret=True,
            ),
        ),
        steps=steps.ENTRA,
    ),
)

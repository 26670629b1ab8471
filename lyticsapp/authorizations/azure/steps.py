"""What a connection test tries at Azure; it sends no event."""

from __future__ import annotations

import http.client
from urllib.parse import quote

from lyticsapp.authorizations.azure import entra, posts
from lyticsapp.authorizations.azure.access import Access, access_of
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.authorizations.step import Result, Step, Steps, failed, passed, warned
from lyticsapp.network import outgoing
from lyticsapp.network.addresses import AddressRefusedError

TIMEOUT_S = 10.0
ANY_HUB = "lyticsapp-connection-test"
NO_PARTITION = 32_767
"""Whoever is let in is told that there is no such partition; nothing is sent."""
CLAIM = "Send"
ROLE = "Azure Event Hubs Data Sender"
UNAUTHORIZED = frozenset({401, 403})


def _token(credentials: Credentials) -> Result:
    try:
        entra.token(credentials)
    except TokenRefusedError as error:
        return failed(str(error))
    except TokenUnreachableError as error:
        return warned(f"{error} Try again later.")
    return passed("Microsoft Entra ID gives the application a token.")


def hub_step(hub: str = "") -> Step:
    """Whether events can be sent to a hub; or to the one that is bound, or to any."""

    def run(credentials: Credentials) -> Result:
        try:
            access = access_of(credentials)
            answer = _tried(access, hub or access.hub or ANY_HUB)
        except (ValueError, AddressRefusedError, TokenRefusedError) as error:
            return failed(str(error))
        except (OSError, http.client.HTTPException, TokenUnreachableError) as error:
            return warned(
                f"The namespace could not be asked: {error}. Try again later."
            )
        return _result(credentials, access, answer)

    title = f"Send to {hub}" if hub else "Let in at the namespace"
    return Step(key=f"eventhub_send:{hub}", title=title, run=run)


def _tried(access: Access, hub: str) -> outgoing.Answer:
    return outgoing.request(
        "POST",
        f"{access.url}/{quote(hub, safe='')}/partitions/{NO_PARTITION}/messages",
        {"Authorization": access.header(hub), "Content-Type": "application/json"},
        b"{}",
        timeout_s=TIMEOUT_S,
    )


def _result(
    credentials: Credentials, access: Access, answer: outgoing.Answer
) -> Result:
    if answer.status in UNAUTHORIZED:
        by_role = "client_secret" in credentials.settings
        said = posts.detail_of(answer) or f"it answered {answer.status}"
        return failed(
            f"{access.host} does not let it in: {said}",
            missing=ROLE if by_role else CLAIM,
        )
    if answer.status >= 500 or answer.status == http.client.TOO_MANY_REQUESTS:
        return warned(f"{access.host} answered {answer.status}. Try again later.")
    return passed(f"{access.host} lets it in.")


SAS: Steps = (hub_step(),)
ENTRA: Steps = (
    Step(key="token", title="Get a token", run=_token, is_basis=True),
    hub_step(),
)

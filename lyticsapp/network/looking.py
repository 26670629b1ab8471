"""A short look at an address before it is saved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerYet

from lyticsapp.network import addresses

LOOK_UP_S = 2.0


def refuse_private(host: str, port: int) -> None:
    """Raises AddressRefusedError for a host that will be refused when connecting.

    One that does not resolve, or not soon, is let through: it may yet, and it is
    looked at again for each connection.
    """
    looker = ThreadPoolExecutor(1)
    looking = looker.submit(addresses.resolve, host, port)
    try:
        looking.result(LOOK_UP_S)
    except (OSError, NoAnswerYet):
        return
    finally:
        looker.shutdown(wait=False)

"""What the contract suite asks of each channel's destination.

A channel takes part by a file in `channels/` whose name is its key. It has one
function, a context manager, which sets up a real local service and gives a `Harness`:

    @contextmanager
    def harness(account: Account, fixture: Fixture) -> Iterator[Harness]: ...

`fixture` is pytest's `request.getfixturevalue`. Nothing else is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.files import declaring_files
from tests.subscriptions.contract import channels

Body = dict[str, Any]
"""A documented message: `data` and `meta`."""


class Harness(Protocol):
    """A destination that takes messages, and can be broken and mended."""

    config: Mapping[str, Any]
    """The channel's settings, as posted, that lead to it."""
    authorization: Authorization | None
    missing: str
    """What a connection test names while the credentials are refused: the right that
    they lack, or what was answered."""

    def received(self) -> list[Body]:
        """All that it has taken since the beginning; of each user in order."""

    def break_credentials(self) -> None:
        """Refuse whoever sends with what the authorization holds."""

    def take_away(self) -> None:
        """Have it be there no more."""

    def mend(self) -> None:
        """Take messages again, as at the beginning."""


Fixture = Callable[[str], Any]
Make = Callable[[Account, Fixture], AbstractContextManager[Harness]]


def harnesses() -> dict[str, Make]:
    """How the destination of each channel is made, by the channel's key."""
    return {key: module.harness for key, module in declaring_files(channels)}

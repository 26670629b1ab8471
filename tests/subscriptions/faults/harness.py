"""What the tests of faults ask of each channel's destination.

A channel takes part by a file in `channels/` whose name is its key. `WAYS` names the
ways in which it sends, `FAULTS` what can go wrong, and `destination` is a context
manager that gives a destination which goes wrong as a schedule says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.files import declaring_files
from tests.subscriptions.contract.harness import Body, Fixture
from tests.subscriptions.faults import channels
from tests.subscriptions.faults.schedule import Schedule


@dataclass(frozen=True)
class Destination:
    """Settings that lead to it, and what it has taken."""

    config: Mapping[str, Any]
    authorization: Authorization | None
    received: Callable[[], list[Body]]
    """All that was taken; of each user in the order in which it was."""
    most_sends: int = 1
    """How often one try may send a message: connections are made again at once."""
    takes_once: bool = False
    """Whether it drops by itself what it was sent before."""


Make = Callable[[str, Schedule, Account, Fixture], AbstractContextManager[Destination]]
"""Of a way."""


def modules() -> dict[str, ModuleType]:
    """The file of each channel, by the channel's key."""
    return dict(declaring_files(channels))

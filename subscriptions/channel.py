"""The contract of channels, and the registry that finds them.

A channel is one file in `subscriptions/channels/`, and the file's name is its
key. The file declares, in this order:

- a docstring: one sentence, and a link to what it is documented by;
- `TITLE` and `WORKFLOW`: what people and the API call it;
- `PROVIDER` and `JOB_TITLE`: where the wizard of jobs offers it, and how it is named;
- `METHODS` and `WITHOUT`: the methods of authorization it takes, and how a job is
  called that does without one; None where there has to be one;
- `AUDIENCES`: how its document labels the choice of segments;
- `SETTINGS`: its settings in the document's order, see
  `lyticsapp.declaration.settings`; a `lyticsapp.jobs.workflow.Field` where values to
  choose from are found elsewhere;
- `LIMITS`: what one send may hold; or, where settings decide on that, also
  `limits(config)`;
- `check(setup)`: what can be checked before a subscription is saved;
- `test_steps(setup)`: what a connection test tries, see
  `lyticsapp.authorizations.step`; it sends nothing that a receiver would take for a
  message;
- `format(message, config, credentials)`: a request from a message; pure;
- `send(requests, config, credentials)`: sends them, and tells what came of each, in
  order. Of each profile there is one at most. It has sent within SEND_WITHIN_S.

Nothing else names a channel. A file that lacks a part stops start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any, cast
from uuid import UUID

import orjson

from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.files import declaring_files, require
from lyticsapp.declaration.settings import Setting
from lyticsapp.jobs.workflow import Setup, Without
from subscriptions import channels
from subscriptions.errors import UnknownChannelError
from subscriptions.outcome import Outcome

DECLARED = (
    "TITLE",
    "WORKFLOW",
    "PROVIDER",
    "JOB_TITLE",
    "METHODS",
    "WITHOUT",
    "AUDIENCES",
    "SETTINGS",
    "LIMITS",
    "check",
    "test_steps",
    "format",
    "send",
)
SEND_WITHIN_S = 20.0
"""A send surely ends within this."""

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """A message on its way to a channel."""

    id: UUID
    sequence: int
    profile_id: int
    created_at: datetime
    body: bytes
    replay: int = 0
    """The number of the replay it is part of; 0 where it is sent for the first time."""

    @cached_property
    def content(self) -> dict[str, Any]:
        """The documented message as an object."""
        return cast("dict[str, Any]", orjson.loads(self.body))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one send may hold."""

    messages: int
    message_bytes: int
    """Of the body of one message."""
    total_bytes: int
    """Of all their bodies."""
    linger_s: float = 0.0
    """How long a message may wait for others to be sent with it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach a customer's system."""

    key: str
    title: str
    summary: str
    workflow: str
    provider: str
    job_title: str
    methods: Sequence[str]
    without: Without | None
    audiences: str
    settings: Sequence[Setting]
    limits: Callable[[Config], Limits]
    check: Callable[[Setup], None]
    test_steps: Callable[[Setup], Steps]
    format: Callable[[Message, Config, Credentials], Any]
    send: Callable[[Sequence[Any], Config, Credentials], Sequence[Outcome]]


Finder = Callable[[], Iterable[Channel]]
_finders: dict[str, Finder] = {}


def bind(name: str, finder: Finder) -> None:
    """Have channels found beside those of the package, as a rehearsal has its own."""
    _finders[name] = finder
    registry.cache_clear()


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Channel]:
    """Every channel by its key; raises FileLacksPartError."""
    found = [declared(key, module) for key, module in declaring_files(channels)]
    for finder in _finders.values():
        found += finder()
    return {channel.key: channel for channel in found}


def declared(key: str, module: ModuleType) -> Channel:
    """The channel that a file declares; raises FileLacksPartError."""
    require(module, DECLARED, "subscriptions.channel")
    return Channel(
        key=key,
        title=module.TITLE,
        summary=(module.__doc__ or "").partition("\n")[0],
        workflow=module.WORKFLOW,
        provider=module.PROVIDER,
        job_title=module.JOB_TITLE,
        methods=tuple(module.METHODS),
        without=module.WITHOUT,
        audiences=module.AUDIENCES,
        settings=tuple(module.SETTINGS),
        limits=getattr(module, "limits", lambda config: module.LIMITS),
        check=module.check,
        test_steps=module.test_steps,
        format=module.format,
        send=module.send,
    )


def get(key: str) -> Channel:
    """The channel of this key; raises UnknownChannelError."""
    channel = registry().get(key) if isinstance(key, str) else None
    if channel is None:
        raise UnknownChannelError(key, sorted(registry()))
    return channel

"""The contract of channels, and the registry that finds them.

A channel is one file in `subscriptions/channels/`, and the file's name is its
key. The file declares, in this order:

- `TITLE` and `WORKFLOW`: what people and the API call it;
- `PROVIDER` and `JOB_TITLE`: where the wizard of jobs offers it, and how it is named;
- `METHODS` and `WITHOUT_AUTHORIZATION`: the methods of authorization it takes, and
  whether it does without one, too;
- `SETTINGS`: its settings, see `lyticsapp.declaration.settings`;
- `OFFERED`: whether subscriptions to it can be made;

and, where it is offered:

- `LIMITS`: what one send may hold;
- `check_destination(config)`: looks at the destination before it is saved;
- `format(message, config, credentials)`: a request from a message; pure;
- `send(requests, config, credentials)`: sends them, and tells what came of each, in
  order. `credentials` are None where the job has no authorization.

Nothing else names a channel. A file that lacks a part stops start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any, cast
from uuid import UUID

import orjson

from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.declaration.files import declaring_files, require
from lyticsapp.declaration.settings import Setting
from subscriptions import channels
from subscriptions.errors import UnknownChannelError
from subscriptions.outcome import Outcome

DECLARED = (
    "TITLE",
    "WORKFLOW",
    "PROVIDER",
    "JOB_TITLE",
    "METHODS",
    "WITHOUT_AUTHORIZATION",
    "SETTINGS",
    "OFFERED",
)
DECLARED_IF_OFFERED = ("LIMITS", "check_destination", "format", "send")

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """A message on its way to a channel."""

    id: UUID
    sequence: int
    profile_id: int
    created_at: datetime
    body: bytes

    @cached_property
    def content(self) -> dict[str, Any]:
        """The documented message as an object."""
        return cast("dict[str, Any]", orjson.loads(self.body))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one send may hold."""

    messages: int
    message_bytes: int


@dataclass(frozen=True, slots=True)
class Sender:
    """How a channel sends."""

    limits: Limits
    check_destination: Callable[[Config], None]
    format: Callable[[Message, Config, Credentials | None], Any]
    send: Callable[[Sequence[Any], Config, Credentials | None], Sequence[Outcome]]


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
    without_authorization: bool
    settings: Sequence[Setting]
    sender: Sender | None
    """None while the channel is not offered."""


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Channel]:
    """Every channel by its key; raises FileLacksPartError."""
    return {key: declared(key, module) for key, module in declaring_files(channels)}


def declared(key: str, module: ModuleType) -> Channel:
    """The channel that a file declares; raises FileLacksPartError."""
    offered = getattr(module, "OFFERED", False)
    parts = DECLARED + (DECLARED_IF_OFFERED if offered else ())
    require(module, parts, "subscriptions.channel")
    return Channel(
        key=key,
        title=module.TITLE,
        summary=(module.__doc__ or "").partition("\n")[0],
        workflow=module.WORKFLOW,
        provider=module.PROVIDER,
        job_title=module.JOB_TITLE,
        methods=tuple(module.METHODS),
        without_authorization=module.WITHOUT_AUTHORIZATION,
        settings=tuple(module.SETTINGS),
        sender=_sender(module) if offered else None,
    )


def get(key: str) -> Channel:
    """The channel of this key; raises UnknownChannelError."""
    channel = registry().get(key) if isinstance(key, str) else None
    if channel is None:
        raise UnknownChannelError(key, sorted(registry()))
    return channel


def _sender(module: ModuleType) -> Sender:
    return Sender(
        limits=module.LIMITS,
        check_destination=module.check_destination,
        format=module.format,
        send=module.send,
    )

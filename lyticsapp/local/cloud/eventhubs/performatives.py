"""What AMQP peers say to each other: the bodies of frames, field by field.

Every field is written, as the Azure SDK cannot read a frame that leaves out the null
fields at its end. Source: OASIS AMQP 1.0, parts 2, 3 and 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from lyticsapp.local.cloud.eventhubs.codec import (
    Array,
    Described,
    Symbol,
    UByte,
    UInt,
    ULong,
    UShort,
)
from lyticsapp.local.cloud.eventhubs.errors import EventHubsError, MalformedError

Properties = Mapping[Any, Any]


@dataclass(frozen=True)
class Performative:
    """A list of fields under a numeric descriptor."""

    CODE: ClassVar[int]

    def described(self) -> Described:
        values = (getattr(self, field.name) for field in fields(self))
        return Described(ULong(self.CODE), [_written(value) for value in values])


def _written(value: Any) -> Any:
    return value.described() if isinstance(value, Performative) else value


@dataclass(frozen=True)
class Open(Performative):
    CODE = 0x10
    container_id: str
    hostname: str | None = None
    max_frame_size: UInt | None = None
    channel_max: UShort | None = None
    idle_timeout: UInt | None = None
    outgoing_locales: Array | None = None
    incoming_locales: Array | None = None
    offered_capabilities: Array | None = None
    desired_capabilities: Array | None = None
    properties: Properties | None = None


@dataclass(frozen=True)
class Begin(Performative):
    CODE = 0x11
    remote_channel: UShort | None
    next_outgoing_id: UInt
    incoming_window: UInt
    outgoing_window: UInt
    handle_max: UInt | None = None
    offered_capabilities: Array | None = None
    desired_capabilities: Array | None = None
    properties: Properties | None = None


@dataclass(frozen=True)
class Error(Performative):
    CODE = 0x1D
    condition: Symbol
    description: str | None = None
    info: Properties | None = None

    @classmethod
    def of(cls, error: EventHubsError) -> Error:
        return cls(condition=Symbol(error.condition), description=str(error))


@dataclass(frozen=True)
class Source(Performative):
    CODE = 0x28
    address: str | None = None
    durable: UInt | None = None
    expiry_policy: Symbol | None = None
    timeout: UInt | None = None
    dynamic: bool | None = None
    dynamic_node_properties: Properties | None = None
    distribution_mode: Symbol | None = None
    filter: Properties | None = None
    default_outcome: Any = None
    outcomes: Array | None = None
    capabilities: Array | None = None


@dataclass(frozen=True)
class Target(Performative):
    CODE = 0x29
    address: str | None = None
    durable: UInt | None = None
    expiry_policy: Symbol | None = None
    timeout: UInt | None = None
    dynamic: bool | None = None
    dynamic_node_properties: Properties | None = None
    capabilities: Array | None = None


@dataclass(frozen=True)
class Attach(Performative):
    CODE = 0x12
    name: str
    handle: UInt
    role: bool
    snd_settle_mode: UByte | None = None
    rcv_settle_mode: UByte | None = None
    source: Source | None = None
    target: Target | None = None
    unsettled: Properties | None = None
    incomplete_unsettled: bool | None = None
    initial_delivery_count: UInt | None = None
    max_message_size: ULong | None = None
    offered_capabilities: Array | None = None
    desired_capabilities: Array | None = None
    properties: Properties | None = None


@dataclass(frozen=True)
class Flow(Performative):
    CODE = 0x13
    next_incoming_id: UInt | None
    incoming_window: UInt
    next_outgoing_id: UInt
    outgoing_window: UInt
    handle: UInt | None = None
    delivery_count: UInt | None = None
    link_credit: UInt | None = None
    available: UInt | None = None
    drain: bool | None = None
    echo: bool | None = None
    properties: Properties | None = None


@dataclass(frozen=True)
class Transfer(Performative):
    CODE = 0x14
    handle: UInt
    delivery_id: UInt | None = None
    delivery_tag: bytes | None = None
    message_format: UInt | None = None
    settled: bool | None = None
    more: bool | None = None
    rcv_settle_mode: UByte | None = None
    state: Any = None
    resume: bool | None = None
    aborted: bool | None = None
    batchable: bool | None = None


@dataclass(frozen=True)
class Disposition(Performative):
    CODE = 0x15
    role: bool
    first: UInt
    last: UInt | None = None
    settled: bool | None = None
    state: Any = None
    batchable: bool | None = None


@dataclass(frozen=True)
class Detach(Performative):
    CODE = 0x16
    handle: UInt
    closed: bool | None = None
    error: Error | None = None


@dataclass(frozen=True)
class End(Performative):
    CODE = 0x17
    error: Error | None = None


@dataclass(frozen=True)
class Close(Performative):
    CODE = 0x18
    error: Error | None = None


@dataclass(frozen=True)
class Accepted(Performative):
    CODE = 0x24


@dataclass(frozen=True)
class Rejected(Performative):
    CODE = 0x25
    error: Error | None = None


@dataclass(frozen=True)
class SaslMechanisms(Performative):
    CODE = 0x40
    sasl_server_mechanisms: Array


@dataclass(frozen=True)
class SaslInit(Performative):
    CODE = 0x41
    mechanism: Symbol
    initial_response: bytes | None = None
    hostname: str | None = None


@dataclass(frozen=True)
class SaslOutcome(Performative):
    CODE = 0x44
    code: UByte
    additional_data: bytes | None = None


KINDS = {kind.CODE: kind for kind in Performative.__subclasses__()}


def read(value: Any) -> Performative:
    """The performative that a decoded value stands for; MalformedError where none."""
    read_value = _read(value)
    if not isinstance(read_value, Performative):
        raise MalformedError("The frame's body is no performative that we know.")
    return read_value


def _read(value: Any) -> Any:
    if not isinstance(value, Described) or not isinstance(value.descriptor, int):
        return value
    kind = KINDS.get(value.descriptor)
    if kind is None or not isinstance(value.value, list):
        return value
    try:
        return kind(*map(_read, value.value))
    except TypeError as error:
        raise MalformedError(f"{kind.__name__}: {error}.") from error

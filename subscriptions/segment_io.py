"""Telling Segment of users and of what happened: its HTTP API.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from subscriptions.channel import Message

BASE_URL = "https://api.segment.io"
EVENTS = {
    "enter": "Audience Entered",
    "exit": "Audience Exited",
    "change": "Audience Member Changed",
}


def url_of(base_url: str) -> str:
    """Where batches are posted."""
    return f"{base_url.rstrip('/')}/v1/batch"


def headers_of(write_key: str) -> dict[str, str]:
    """The write key is the name of a user without a password."""
    basic = base64.b64encode(f"{write_key}:".encode()).decode()
    return {"Content-Type": "application/json", "Authorization": f"Basic {basic}"}


def body_of(message: Message) -> bytes:
    """An `identify` with the user's fields, and a `track` of each event.

    Each call has an id of its own, the same however often it is sent.
    """
    data: Mapping[str, Any] = message.content["data"]
    traits = {name: value for name, value in data.items() if name != "segment_events"}
    user = _user(traits, message.profile_id)
    at = message.content["meta"]["timestamp"]
    calls = [{"type": "identify", **user, "traits": traits, "timestamp": at}] + [
        {
            "type": "track",
            **user,
            "event": EVENTS[event["event"]],
            "properties": event,
            "timestamp": at,
        }
        for event in data["segment_events"]
    ]
    for number, call in enumerate(calls):
        call["messageId"] = f"{message.id}-{number}"
    return orjson.dumps({"batch": calls})


def _user(traits: Mapping[str, Any], profile_id: int) -> dict[str, str]:
    """Segment knows a user by `userId`, or by `anonymousId` where there is none."""
    user_id = traits.get("user_id")
    if isinstance(user_id, str | int) and str(user_id):
        return {"userId": str(user_id)}
    return {"anonymousId": str(profile_id)}

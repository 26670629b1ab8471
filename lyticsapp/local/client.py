"""The REST API as the demo calls it: what anybody could do with curl."""

from __future__ import annotations

import json
from typing import Any

import requests

from lyticsapp.local.errors import LocalError

TIMEOUT_S = 60


class ApiError(LocalError):
    """A call was refused."""


class Client:
    """Calls of one account."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = token

    def collect(
        self, stream: str, events: object, *, timestamp_field: str = ""
    ) -> None:
        parameters = {"timestamp_field": timestamp_field} if timestamp_field else {}
        self._call("POST", f"/collect/json/{stream}", events, params=parameters)

    def create_segment(self, segmentql: str) -> dict[str, Any]:
        return self._data(
            self._call("POST", "/api/segment", segmentql, content_type="text/plain")
        )

    def size_of(self, slug: str) -> int:
        return int(self._data(self._call("GET", f"/api/segment/{slug}/size"))["size"])

    def create_subscription(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._data(self._call("POST", "/api/subscription", body))

    def health(self) -> dict[str, Any]:
        response = self._session.get(f"{self.url}/healthz", timeout=TIMEOUT_S)
        answer: dict[str, Any] = response.json()
        return answer

    def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        params: dict[str, str] | None = None,
    ) -> Any:
        content = body if isinstance(body, str) else json.dumps(body)
        response = self._session.request(
            method,
            self.url + path,
            params=params,
            data=None if body is None else content,
            headers={"Content-Type": content_type},
            timeout=TIMEOUT_S,
        )
        if not response.ok:
            raise ApiError(
                f"{method} {path} answered {response.status_code}: {response.text}"
            )
        return response.json()

    def _data(self, answer: Any) -> dict[str, Any]:
        data: dict[str, Any] = answer["data"]
        return data


class Inbox:
    """The built-in inbox, read from where one has come to."""

    def __init__(self, inbox_url: str) -> None:
        self._messages_url = inbox_url.removesuffix("/inbox") + "/messages"
        self._last = 0

    def new_messages(self, *, wait_s: float) -> list[dict[str, Any]]:
        """What arrived since the last call; waits for it that long."""
        response = requests.get(
            self._messages_url,
            params={"since": str(self._last), "wait": str(wait_s)},
            timeout=TIMEOUT_S,
        )
        messages: list[dict[str, Any]] = response.json()["messages"]
        if messages:
            self._last = messages[-1]["id"]
        return messages

"""What the inbox received: the newest messages, in bounded memory."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

MAX_MESSAGES = 2000
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Message:
    """One request as it came, and the status it was answered."""

    id: int
    received_at: str
    method: str
    path: str
    headers: dict[str, str]
    text: str
    answered: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"json": self._parsed()}

    def _parsed(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class MessageStore:
    """Keeps the newest messages; readers may wait for the next one."""

    def __init__(
        self, *, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES
    ) -> None:
        self.max_messages = max_messages
        self.max_bytes = max_bytes
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._last_id = 0
        self._arrived = threading.Condition()

    def add(
        self,
        *,
        method: str,
        path: str,
        headers: dict[str, str],
        text: str,
        answered: int,
    ) -> int:
        """Keep a message; its id."""
        with self._arrived:
            self._last_id += 1
            message = Message(
                id=self._last_id,
                received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                method=method,
                path=path,
                headers=headers,
                text=text,
                answered=answered,
            )
            self._messages.append(message)
            self._bytes += len(text)
            self._drop_oldest()
            self._arrived.notify_all()
            return message.id

    def since(self, last_id: int, *, wait_s: float = 0) -> list[Message]:
        """Messages after `last_id`, oldest first; waits while there are none."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._last_id > last_id, timeout=wait_s)
            return [message for message in self._messages if message.id > last_id]

    def clear(self) -> None:
        with self._arrived:
            self._messages.clear()
            self._bytes = 0

    def _drop_oldest(self) -> None:
        while len(self._messages) > self.max_messages or (
            self._bytes > self.max_bytes and len(self._messages) > 1
        ):
            self._bytes -= len(self._messages.popleft().text)

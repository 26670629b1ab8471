"""The mails that were sent: read from the files Django's file backend writes."""

from __future__ import annotations

import email
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

MAX_FILES = 200
SEPARATOR = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Mail:
    """One mail, as its reader would see it."""

    date: str
    sender: str
    recipients: str
    subject: str
    text: str


def read(directory: Path) -> list[Mail]:
    """The newest mails first."""
    files = sorted(
        directory.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    return [mail for path in files[:MAX_FILES] for mail in reversed(_mails_in(path))]


def _mails_in(path: Path) -> list[Mail]:
    parts = path.read_bytes().split(SEPARATOR)
    return [_mail(part) for part in parts if part.strip()]


def _mail(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain", "html"))
    return Mail(
        date=str(message["Date"] or ""),
        sender=str(message["From"] or ""),
        recipients=str(message["To"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        text=body.get_content() if body is not None else "",
    )

"""The home directory: where the embedded default keeps all it has.

keys               Django's secret and the encryption keys, made once
credentials.json   the address, the first login and token
eventhubs.json     the keys of the local Event Hubs
postgres/ redis/   the servers' own files
sockets/           PostgreSQL's socket
logs/ mail/ run/   what the parts say, mails sent, locks
"""

from __future__ import annotations

import base64
import errno
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyticsapp.local.errors import HomeError
from lyticsapp.local.files import read_json, write_private

VARIABLE = "LYTICSAPP_HOME"
DEFAULT = ".lyticsapp"
MIB = 1024 * 1024
# PostgreSQL's empty files, a write-ahead segment or two and room for logs.
NEEDED_MIB = 256
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Home:
    """One home directory."""

    path: Path

    @classmethod
    def locate(cls, option: str | None, environ: Mapping[str, str]) -> Home:
        """The home that was asked for: by option, else environment, else here."""
        chosen = option or environ.get(VARIABLE) or DEFAULT
        return cls(path=Path(chosen).expanduser().absolute())

    @property
    def keys_file(self) -> Path:
        return self.path / "keys"

    @property
    def credentials_file(self) -> Path:
        return self.path / "credentials.json"

    @property
    def eventhubs_file(self) -> Path:
        return self.path / "eventhubs.json"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def sockets(self) -> Path:
        return self.path / "sockets"

    @property
    def redis(self) -> Path:
        return self.path / "redis"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def mail(self) -> Path:
        return self.path / "mail"

    @property
    def run(self) -> Path:
        return self.path / "run"

    def prepare(self) -> None:
        """Make the directories, or say in one line why that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # PostgreSQL, which runs as another account for root, has to pass here.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for directory in (self.logs, self.mail, self.run):
                directory.mkdir(exist_ok=True)
                directory.chmod(0o700)
            self.check_space()
            probe = self.run / "probe"
            probe.write_bytes(b"\0" * MIB)
            probe.unlink()
        except OSError as error:
            raise self.explain(error) from error

    def check_space(self, *, needed_mib: int = NEEDED_MIB) -> None:
        free = shutil.disk_usage(self.path).free // MIB
        if free < needed_mib:
            raise HomeError(
                f"The disk of {self.path} is full: {free} MiB are free, {needed_mib}"
                " are needed. Free some space or choose another --home."
            )

    def explain(self, error: OSError) -> HomeError:
        """A file error as one line that says what to do."""
        if error.errno in FULL_DISK:
            return HomeError(
                f"The disk of {self.path} is full: free some space or choose"
                " another --home."
            )
        return HomeError(
            f"{self.path} cannot be written ({error.strerror or error}):"
            " choose another --home or mend its permissions."
        )

    def keys(self) -> dict[str, str]:
        """The secrets of this home, as environment variables; made once."""
        if not self.keys_file.exists():
            write_private(self.keys_file, _new_keys())
        if self.keys_file.stat().st_mode & 0o077:
            self.keys_file.chmod(0o600)
        lines = self.keys_file.read_text().splitlines()
        pairs = [line.split("=", 1) for line in lines if "=" in line]
        return {name.strip(): value.strip() for name, value in pairs}

    def credentials(self) -> dict[str, Any]:
        return read_json(self.credentials_file) or {}


def _new_keys() -> str:
    encryption_key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    return f"SECRET_KEY={secrets.token_urlsafe(50)}\nENCRYPTION_KEYS={encryption_key}\n"

"""The keys of a local namespace: made once, kept in a file of its home."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from lyticsapp.local.files import read_json, write_private

POLICY = "RootManageSharedAccessKey"
HUB = "triggers"
KEY_BYTES = 32


@dataclass(frozen=True)
class NamespaceKeys:
    """The key of the policy that may do everything, and an application's secret."""

    shared_access_key: str = field(repr=False)
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    signing_key: str = field(repr=False)

    @classmethod
    def new(cls) -> NamespaceKeys:
        return cls(
            shared_access_key=_random(),
            tenant_id=str(uuid.uuid4()),
            client_id=str(uuid.uuid4()),
            client_secret=secrets.token_urlsafe(KEY_BYTES),
            signing_key=_random(),
        )

    @classmethod
    def of(cls, path: Path) -> NamespaceKeys:
        """The keys in a file; new ones where there is none or it is damaged."""
        kept = read_json(path) or {}
        if set(kept) != {field.name for field in fields(cls)}:
            kept = asdict(cls.new())
            write_private(path, json.dumps(kept, indent=2) + "\n")
        return cls(**kept)

    def connection_string(self, host: str) -> str:
        """What clients of a namespace at `host:port` are given."""
        return (
            f"Endpoint=sb://{host}/;SharedAccessKeyName={POLICY}"
            f";SharedAccessKey={self.shared_access_key};UseDevelopmentEmulator=true"
        )


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

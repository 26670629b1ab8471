"""Clients of AWS, with bounded waits and tries, that renew credentials by themselves."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials
from botocore.credentials import DeferredRefreshableCredentials
from botocore.loaders import Loader, create_loader
from django.conf import settings

CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
QUICK = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=64,
)
"""For a caller that tries again by itself, and is not to be kept for long."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
RENEWED = "credentials_renewed"


class RoleCredentials(DeferredRefreshableCredentials):  # type: ignore[misc]
    """Those of an assumed role: renewed before they end, and when AWS says they have."""

    def renew(self) -> None:
        """Have the next request fetch new ones."""
        with self._refresh_lock:
            self._frozen_credentials = None


class Session:
    """Makes clients with one set of credentials; several threads may share it."""

    def __init__(self, credentials: BotoCredentials | None = None) -> None:
        """With these credentials, or those of the environment."""
        core = botocore.session.Session()
        core.register_component("data_loader", _loader())
        if credentials is not None:
            core._credentials = credentials
        self._boto = boto3.session.Session(botocore_session=core)
        self._credentials = credentials
        self._clients: dict[tuple[str, str, Config], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str = "", config: Config = CONFIG) -> Any:
        """A client of a service in a region, where the service asks for one."""
        key = service, region or settings.AWS_REGION, config
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(*key)
            return self._clients[key]

    def _new_client(self, service: str, region: str, config: Config) -> Any:
        client = self._boto.client(
            service,
            region_name=region,
            endpoint_url=settings.AWS_ENDPOINT_URL or None,
            config=config,
        )
        if isinstance(self._credentials, RoleCredentials):
            client.meta.events.register_last("needs-retry", self._renew_expired)
        return client

    def _renew_expired(
        self, response: Any, request_dict: dict[str, Any], **_: Any
    ) -> float | None:
        """Once for each call: new credentials and another try, when they have ended."""
        code = response[1].get("Error", {}).get("Code") if response else None
        context = request_dict["context"]
        if code not in EXPIRED or RENEWED in context:
            return None
        context[RENEWED] = True
        assert isinstance(self._credentials, RoleCredentials)
        self._credentials.renew()
        return 0


@lru_cache(maxsize=1)
def _loader() -> Loader:
    """One for all sessions, as it reads the descriptions of services once."""
    return create_loader()

"""This process as the installation, known to the local AWS as its user there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import lifecycle
from lyticsapp.authorizations.aws import identity, sessions
from lyticsapp.authorizations.models import Authorization
from lyticsapp.local.cloud.aws.keys import Keys
from tests.local_aws import LocalAws


@pytest.fixture
def installation(
    local_aws: LocalAws, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalAws]:
    """The local AWS, with this process being the installation's user there."""
    settings.AWS_ENDPOINT_URL = local_aws.endpoint_url
    settings.AWS_REGION = local_aws.region
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    forget()
    yield local_aws
    forget()


def forget() -> None:
    """Have identities and sessions looked for anew."""
    identity.forget()
    sessions.forget()


def authorized_by(account: Account, keys: Keys) -> Authorization:
    """An authorization by the keys of a user."""
    settings = {
        "access_key": keys.access_key_id,
        "secret_key": keys.secret_access_key,
    }
    wanted = lifecycle.Wanted(label="Keys", settings=settings)
    return lifecycle.create(account, "aws", "keys", wanted, SYSTEM)

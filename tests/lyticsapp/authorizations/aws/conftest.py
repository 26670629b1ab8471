"""The installation at the local AWS, and what a customer has in an account there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lyticsapp.authorizations.aws import identity, sessions
from lyticsapp.authorizations.models import Authorization
from tests.local_aws import LocalAws

CUSTOMER = "222222222222"


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
    _forget()
    yield local_aws
    _forget()


@pytest.fixture
def nobody(installation: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """The local AWS, and an installation without an identity there."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    _forget()
    return installation


@pytest.fixture
def customer(installation: LocalAws) -> Any:
    """The keys of the customer's administrator."""
    return installation.administrator(CUSTOMER)


@pytest.fixture
def with_keys(make: Callable[..., Authorization]) -> Callable[[Any], Authorization]:
    """An authorization by these keys."""

    def made(keys: Any) -> Authorization:
        return make(
            "aws",
            "keys",
            access_key=keys.access_key_id,
            secret_key=keys.secret_access_key,
        )

    return made


@pytest.fixture
def with_role(make: Callable[..., Authorization]) -> Callable[[str], Authorization]:
    """An authorization by this role."""
    return lambda arn: make("aws", "role", role_arn=arn)


def _forget() -> None:
    identity.forget()
    sessions.forget()

"""What a customer has in an account of the local AWS, and authorizations by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lyticsapp.authorizations.models import Authorization
from tests.at_aws import forget
from tests.local_aws import LocalAws

CUSTOMER = "222222222222"


@pytest.fixture
def nobody(installation: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """The local AWS, and an installation without an identity there."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    forget()
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

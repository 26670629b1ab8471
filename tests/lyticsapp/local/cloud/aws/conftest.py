"""A bucket with one object."""

from __future__ import annotations

import pytest

from tests.local_aws import LocalAws


@pytest.fixture
def bucket(local_aws: LocalAws) -> str:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="in/a b+ü.csv", Body=b"1,2")
    return "orders"

"""Assuming roles in the AWS accounts of customers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

from __future__ import annotations

from typing import Any

from lyticsapp.authorizations.aws import identity
from lyticsapp.authorizations.aws.session import Session

LASTS_S = 3600
"""What is allowed of any role, and at most of one that a role assumes."""
SESSION_NAME = "lyticsapp"
HOME_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where STS is, of partitions that are not the operator's own."""


def assume(
    role_arn: str, external_id: str | None, caller: Session | None = None
) -> dict[str, Any]:
    """Credentials of a role as AWS gives them; raises ClientError, BotoCoreError.

    The installation assumes it where no other caller is given.
    """
    given = {} if external_id is None else {"ExternalId": external_id}
    answer: dict[str, Any] = _sts(role_arn, caller).assume_role(
        RoleArn=role_arn,
        RoleSessionName=SESSION_NAME,
        DurationSeconds=LASTS_S,
        **given,
    )
    credentials: dict[str, Any] = answer["Credentials"]
    return credentials


def refreshed(
    role_arn: str, external_id: str, caller: Session | None = None
) -> dict[str, str]:
    """The same under the names that botocore's refreshing takes."""
    credentials = assume(role_arn, external_id, caller)
    return {
        "access_key": credentials["AccessKeyId"],
        "secret_key": credentials["SecretAccessKey"],
        "token": credentials["SessionToken"],
        "expiry_time": credentials["Expiration"].isoformat(),
    }


def _sts(role_arn: str, caller: Session | None) -> Any:
    partition = role_arn.split(":")[1]
    session = identity.session() if caller is None else caller
    return session.client("sts", HOME_REGIONS.get(partition, ""))

"""A user at the local AWS who can lose the right to write."""

from __future__ import annotations

import json

from lyticsapp.accounts.models import Account
from tests.at_aws import authorized_by
from tests.local_aws import LocalAws, Policy

NAME = "writer"


class Writer:
    """By these keys the channel writes; the policy is what they allow."""

    def __init__(self, aws: LocalAws, account: Account, policy: Policy) -> None:
        self._iam = aws.client("iam")
        self._policy = json.dumps(policy)
        self.authorization = authorized_by(account, aws.user(name=NAME))
        self.allow()

    def allow(self) -> None:
        self._iam.put_user_policy(
            UserName=NAME, PolicyName=NAME, PolicyDocument=self._policy
        )

    def forbid(self) -> None:
        self._iam.delete_user_policy(UserName=NAME, PolicyName=NAME)

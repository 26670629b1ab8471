"""The local AWS for tests: `local_aws`, empty at the start of each test that asks.

    def test_something(local_aws: LocalAws) -> None:
        s3 = local_aws.client("s3")                       # the installation, all allowed
        reader = local_aws.user(allow("s3:GetObject", "arn:aws:s3:::b/*"))
        local_aws.client("s3", keys=reader)               # what its policy allows
        other = local_aws.administrator("222222222222")   # all of another account
        role = local_aws.role(trust(local_aws.arn), allow("s3:*", "*"), keys=other)
        local_aws.expire_sessions()                       # all sessions given out so far
        local_aws.sessions_last(2)                        # seconds, from now on

One server runs for all tests of a process. Nothing here needs the environment; what
reads it, as the platform does, is given `local_aws.environment`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from lyticsapp.local.cloud.aws.keys import Keys
from lyticsapp.local.parts import HOST
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
ACCOUNT = "123456789012"
START_TIMEOUT_S = 60
Policy = dict[str, Any]


def allow(action: str | list[str], resource: str | list[str], **more: Any) -> Policy:
    """A policy of one statement; `more` are further elements, such as Condition."""
    return _policy("Allow", Action=action, Resource=resource, **more)


def deny(action: str | list[str], resource: str | list[str], **more: Any) -> Policy:
    """A policy that takes away what others allow."""
    return _policy("Deny", Action=action, Resource=resource, **more)


def grant(
    principal: str, action: str | list[str], resource: str | list[str], **more: Any
) -> Policy:
    """A resource's own policy, which allows something to a principal's ARN."""
    return allow(action, resource, Principal={"AWS": principal}, **more)


def trust(principal: str, *, external_id: str | None = None) -> Policy:
    """A role's trust in a principal's ARN, with an external id where one is given."""
    wanted = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else {}
    return _policy(
        "Allow",
        Principal={"AWS": principal},
        Action="sts:AssumeRole",
        Condition=wanted,
    )


def refusal(call: Callable[[], Any]) -> tuple[int, str, str]:
    """Status, code and message of a call of boto3, which must be refused."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    status: int = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response["Error"]["Message"]


def _policy(effect: str, **elements: Any) -> Policy:
    statement = {"Effect": effect} | {k: v for k, v in elements.items() if v}
    return {"Version": "2012-10-17", "Statement": [statement]}


class LocalAws:
    """A running local AWS; `keys` are those of the installation, who may do all."""

    account = ACCOUNT
    region = REGION
    arn = f"arn:aws:iam::{ACCOUNT}:user/lyticsapp"

    def __init__(self, endpoint_url: str, keys: Keys) -> None:
        self.endpoint_url = endpoint_url
        self.keys = keys
        # One for all clients, as it reads the descriptions of services once.
        self._boto = boto3.session.Session()

    @property
    def environment(self) -> dict[str, str]:
        """What makes boto3 the installation's client of this AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_access_key,
        }

    def client(
        self,
        service: str,
        *,
        keys: Keys | None = None,
        session_token: str | None = None,
        **settings: Any,
    ) -> Any:
        """A client of boto3 that tries once; `settings` are botocore's Config."""
        used = keys or self.keys
        return self._boto.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=used.access_key_id,
            aws_secret_access_key=used.secret_access_key,
            aws_session_token=session_token,
            config=Config(
                retries={"total_max_attempts": 1},
                **({"signature_version": "s3v4"} if service == "s3" else {}),
                **settings,
            ),
        )

    def session_client(self, service: str, credentials: dict[str, Any]) -> Any:
        """A client with the `Credentials` that AssumeRole gave."""
        return self.client(
            service,
            keys=Keys(credentials["AccessKeyId"], credentials["SecretAccessKey"]),
            session_token=credentials["SessionToken"],
        )

    def administrator(self, account: str) -> Keys:
        """The keys of somebody who may do everything in this account."""
        return Keys(**self._post(f"/local-aws/accounts/{account}"))

    def arn_of(self, keys: Keys) -> str:
        """Whose keys these are."""
        arn: str = self.client("sts", keys=keys).get_caller_identity()["Arn"]
        return arn

    def user(
        self, *policies: Policy, name: str | None = None, keys: Keys | None = None
    ) -> Keys:
        """The keys of a new user with these policies, in the account of `keys`."""
        iam = self.client("iam", keys=keys)
        name = name or f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            iam.put_user_policy(
                UserName=name,
                PolicyName=f"policy-{number}",
                PolicyDocument=json.dumps(policy),
            )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])

    def role(
        self,
        trust: Policy,
        *policies: Policy,
        name: str | None = None,
        keys: Keys | None = None,
        max_s: int = 3600,
    ) -> str:
        """The ARN of a new role with these policies, in the account of `keys`."""
        iam = self.client("iam", keys=keys)
        name = name or f"role-{uuid.uuid4().hex[:8]}"
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust),
            MaxSessionDuration=max_s,
        )
        for number, policy in enumerate(policies):
            iam.put_role_policy(
                RoleName=name,
                PolicyName=f"policy-{number}",
                PolicyDocument=json.dumps(policy),
            )
        arn: str = role["Role"]["Arn"]
        return arn

    def sessions_last(self, seconds: int) -> None:
        """Sessions given out from now on last this long, whatever is asked for."""
        self._post("/local-aws/sessions", {"last_s": seconds})

    def expire_sessions(self) -> None:
        """End every session that has been given out."""
        self._post("/local-aws/sessions/expire")

    def reset(self) -> None:
        """Forget everything but the installation's user."""
        self._post("/moto-api/reset")

    def _post(self, path: str, body: Any = None) -> Any:
        answer = requests.post(self.endpoint_url + path, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def _aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    directory = tmp_path_factory.mktemp("local-aws")
    keys, port = Keys.new(), free_port()
    credentials = directory / "credentials.json"
    credentials.write_text(
        json.dumps(
            {
                "aws_access_key_id": keys.access_key_id,
                "aws_secret_access_key": keys.secret_access_key,
            }
        )
    )
    log = directory / "aws.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "lyticsapp.local.cloud.aws.server"),
                *(f"--port={port}", f"--credentials={credentials}"),
            ],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    aws = LocalAws(f"http://{HOST}:{port}", keys)

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return requests.post(f"{aws.endpoint_url}/moto-api/reset", timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        wait_until(answers, timeout=START_TIMEOUT_S, what="the local AWS to answer")
        yield aws
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def local_aws(_aws_server: LocalAws) -> LocalAws:
    """The local AWS, with nothing in it but the installation's user."""
    _aws_server.reset()
    return _aws_server

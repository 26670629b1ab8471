"""What a connection test tries at AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.accounts.identifiers import new_public_id
from lyticsapp.authorizations.aws import identity, policies, roles
from lyticsapp.authorizations.aws.errors import NoIdentityError
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.authorizations.aws.failures import DENIED, Attempt, result_of
from lyticsapp.authorizations.aws.session import Session
from lyticsapp.authorizations.aws.sessions import session_of
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.step import Result, Step, Steps, failed, passed, warned

NOT_ENFORCED = (
    "The role works, but it asks for no external id: another account of this "
    "installation that learns its ARN could use it. Add the condition on "
    "sts:ExternalId to its assume-role policy."
)
TEST_OBJECT = "lyticsapp-connection-test"
BEYOND_EVERY_SHARD = 2**128
BEYOND_EVERY_DELAY_S = 901
NOT_SUCH_A_VALUE = frozenset(
    {
        "InvalidArgumentException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "ValidationException",
    }
)


def tried(attempt: Attempt, act: Callable[[], str]) -> Result:
    """Passed, with the text of what was done; or what AWS has against it."""
    try:
        return passed(act())
    except (ClientError, BotoCoreError) as error:
        return result_of(error, attempt)


def _identity(credentials: Credentials) -> Result:
    def act() -> str:
        caller = session_of(credentials).client("sts").get_caller_identity()
        return f"AWS knows these keys as {caller['Arn']}."

    return tried(Attempt("sts:GetCallerIdentity", "*"), act)


def _installation(credentials: Credentials) -> Result:
    found = identity.of_installation()
    if found is None:
        return failed(
            "This installation has no identity at AWS that could assume a role. An "
            "operator sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or runs it "
            "with an instance role."
        )
    return passed(f"This installation is {found.arn}.")


def _assume(credentials: Credentials) -> Result:
    role_arn = credentials.settings["role_arn"]
    external_id = external_id_of(credentials.account_id)
    try:
        roles.assume(role_arn, external_id)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in DENIED:
            return _not_trusted(role_arn, external_id)
        return result_of(error, Attempt("sts:AssumeRole", role_arn))
    except BotoCoreError as error:
        return result_of(error, Attempt("sts:AssumeRole", role_arn))
    return passed(f"{role_arn} can be assumed.")


def _not_trusted(role_arn: str, external_id: str) -> Result:
    arn = identity.required().arn
    return failed(
        f"{role_arn} does not exist, or does not trust {arn} with the external id "
        f"{external_id}.",
        missing="sts:AssumeRole",
        policy=policies.trust(arn, external_id),
    )


def _external_id(credentials: Credentials) -> Result:
    """The role must be refused to whoever does not know the account's external id."""
    role_arn = credentials.settings["role_arn"]
    for other in (None, new_public_id()):
        try:
            roles.assume(role_arn, other)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in DENIED:
                return warned(f"It could not be found out: {error}.")
        except BotoCoreError as error:
            return warned(f"It could not be found out: {error}.")
        else:
            return warned(NOT_ENFORCED)
    return passed("The role is refused to others than this account.")


KEYS: Steps = (Step(key="identity", title="Identity", run=_identity, is_basis=True),)
ROLE: Steps = (
    Step(
        key="installation",
        title="This installation's identity",
        run=_installation,
        is_basis=True,
    ),
    Step(key="assume_role", title="Assume the role", run=_assume, is_basis=True),
    Step(key="external_id", title="External id enforced", run=_external_id),
)


def bucket_steps(bucket: str, prefix: str = "", *, reads: bool, writes: bool) -> Steps:
    """What a job that reads from a bucket, or writes to it, has to be able to do."""
    found: list[Step] = []
    if reads:
        found += [_listing(bucket, prefix), _reading(bucket, prefix)]
    if writes:
        found += [_writing(bucket, prefix), _deleting(bucket, prefix)]
    return tuple(found)


def writes_to_stream(
    region: str, stream: str, session: Callable[[Credentials], Session]
) -> Step:
    """What a job that puts records into a Kinesis stream has to be able to do.

    It puts none: AWS looks at who asks before it looks at what, and the key that is
    asked for lies beyond every shard.
    """

    def run(credentials: Credentials) -> Result:
        arn = f"arn:aws:kinesis:{region}:*:stream/{stream}"
        attempt = Attempt("kinesis:PutRecords", arn)
        try:
            kinesis = session(credentials).client("kinesis", region)
            kinesis.put_record(
                StreamName=stream,
                Data=b"{}",
                PartitionKey=TEST_OBJECT,
                ExplicitHashKey=str(BEYOND_EVERY_SHARD),
            )
        except NoIdentityError as error:
            return failed(str(error))
        except (ClientError, BotoCoreError) as error:
            if _code_of(error) in NOT_SUCH_A_VALUE:
                return passed(f"Records can be put into {stream}.")
            return result_of(error, attempt)
        return passed(f"Records can be put into {stream}.")

    return Step(
        key=f"kinesis_write:{region}/{stream}", title=f"Write to {stream}", run=run
    )


def sends_to_queue(region: str, account: str, queue: str) -> Step:
    """What a job that sends messages to an SQS queue has to be able to do.

    It sends none: the delay that is asked for is longer than any that SQS takes, and
    AWS looks at that after it has looked at who asks.
    """

    def run(credentials: Credentials) -> Result:
        sqs = session_of(credentials).client("sqs", region)
        arn = f"arn:{sqs.meta.partition}:sqs:{region}:{account}:{queue}"
        ids = {"MessageGroupId": TEST_OBJECT, "MessageDeduplicationId": TEST_OBJECT}
        try:
            sqs.send_message(
                QueueUrl=f"{sqs.meta.endpoint_url}/{account}/{queue}",
                MessageBody="{}",
                DelaySeconds=BEYOND_EVERY_DELAY_S,
                **(ids if queue.endswith(".fifo") else {}),
            )
        except (ClientError, BotoCoreError) as error:
            if _code_of(error) not in NOT_SUCH_A_VALUE:
                return result_of(error, Attempt("sqs:SendMessage", arn))
        return passed(f"Messages can be sent to {queue}.")

    return Step(
        key=f"sqs_send:{region}/{account}/{queue}", title=f"Send to {queue}", run=run
    )


def _code_of(error: ClientError | BotoCoreError) -> str:
    if not isinstance(error, ClientError):
        return ""
    code: str = error.response.get("Error", {}).get("Code", "")
    return code


def _listing(bucket: str, prefix: str) -> Step:
    def run(credentials: Credentials) -> Result:
        def act() -> str:
            _s3(credentials).list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
            return f"The keys of {bucket} can be listed."

        return tried(Attempt("s3:ListBucket", f"arn:aws:s3:::{bucket}"), act)

    return Step(key=f"s3_list:{bucket}/{prefix}", title=f"List {bucket}", run=run)


def _reading(bucket: str, prefix: str) -> Step:
    def run(credentials: Credentials) -> Result:
        def act() -> str:
            key = _some_key(_s3(credentials), bucket, prefix)
            if key is None:
                return f"Nothing is there to be read in {bucket}."
            answer = _s3(credentials).get_object(
                Bucket=bucket, Key=key, Range="bytes=0-0"
            )
            answer["Body"].close()
            return f"{key} can be read."

        return tried(Attempt("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), act)

    return Step(key=f"s3_read:{bucket}/{prefix}", title=f"Read {bucket}", run=run)


def _writing(bucket: str, prefix: str) -> Step:
    def run(credentials: Credentials) -> Result:
        def act() -> str:
            key = _test_key(credentials, prefix)
            _s3(credentials).put_object(Bucket=bucket, Key=key, Body=b"")
            return f"{key} was written."

        return tried(Attempt("s3:PutObject", f"arn:aws:s3:::{bucket}/*"), act)

    return Step(key=f"s3_write:{bucket}/{prefix}", title=f"Write {bucket}", run=run)


def _deleting(bucket: str, prefix: str) -> Step:
    def run(credentials: Credentials) -> Result:
        key = _test_key(credentials, prefix)

        def act() -> str:
            _s3(credentials).delete_object(Bucket=bucket, Key=key)
            return f"{key} was deleted."

        return tried(Attempt("s3:DeleteObject", f"arn:aws:s3:::{bucket}/*"), act)

    return Step(
        key=f"s3_delete:{bucket}/{prefix}", title=f"Delete in {bucket}", run=run
    )


def _some_key(s3: Any, bucket: str, prefix: str) -> str | None:
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    keys: list[str] = [each["Key"] for each in listed.get("Contents", [])]
    return keys[0] if keys else None


def _test_key(credentials: Credentials, prefix: str) -> str:
    return f"{prefix}{TEST_OBJECT}-{credentials.authorization_id}"


def _s3(credentials: Credentials) -> Any:
    return session_of(credentials).client("s3")

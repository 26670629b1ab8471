"""The local AWS enforces IAM: asked over HTTP by boto3, as anybody would."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from lyticsapp.local.cloud.aws.keys import Keys
from tests.local_aws import LocalAws, Policy, allow, trust

OTHER = "222222222222"
BUCKET = "arn:aws:s3:::orders"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:moves"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/moves"


def refusal(call: Callable[[], Any]) -> tuple[int, str, str]:
    """Status, code and message of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    status: int = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response["Error"]["Message"]


def granted(principal: str, action: str | list[str], resource: str) -> Policy:
    """A resource's policy that allows something to a principal."""
    policy = allow(action, resource)
    policy["Statement"][0]["Principal"] = {"AWS": principal}
    return policy


def denied(action: str, resource: str) -> Policy:
    policy = allow(action, resource)
    policy["Statement"][0]["Effect"] = "Deny"
    return policy


def arn_of(aws: LocalAws, keys: Keys) -> str:
    arn: str = aws.client("sts", keys=keys).get_caller_identity()["Arn"]
    return arn


@pytest.fixture
def bucket(local_aws: LocalAws) -> str:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="in/a b+ü.csv", Body=b"1,2")
    return "orders"


class TestWhoCalls:
    def test_the_installation_is_told_who_it_is(self, local_aws: LocalAws) -> None:
        identity = local_aws.client("sts").get_caller_identity()
        assert (identity["Arn"], identity["Account"]) == (
            local_aws.arn,
            local_aws.account,
        )

    @pytest.mark.parametrize(
        ("service", "operation", "status", "code"),
        [
            ("s3", "list_buckets", 403, "InvalidAccessKeyId"),
            ("sts", "get_caller_identity", 403, "InvalidClientTokenId"),
            ("iam", "list_users", 403, "InvalidClientTokenId"),
            ("sqs", "list_queues", 403, "InvalidClientTokenId"),
            ("kinesis", "list_streams", 400, "UnrecognizedClientException"),
            ("kms", "list_keys", 400, "UnrecognizedClientException"),
        ],
    )
    def test_unknown_keys_are_refused(
        self, local_aws: LocalAws, service: str, operation: str, status: int, code: str
    ) -> None:
        client = local_aws.client(service, keys=Keys.new())
        assert refusal(getattr(client, operation))[:2] == (status, code)

    @pytest.mark.parametrize(
        ("service", "operation", "status", "code"),
        [
            ("s3", "list_buckets", 403, "SignatureDoesNotMatch"),
            ("sts", "get_caller_identity", 403, "SignatureDoesNotMatch"),
            ("sqs", "list_queues", 403, "SignatureDoesNotMatch"),
            ("kinesis", "list_streams", 400, "InvalidSignatureException"),
        ],
    )
    def test_a_wrong_secret_is_refused(
        self, local_aws: LocalAws, service: str, operation: str, status: int, code: str
    ) -> None:
        wrong = Keys(local_aws.keys.access_key_id, "not-the-secret")
        client = local_aws.client(service, keys=wrong)
        assert refusal(getattr(client, operation))[:2] == (status, code)

    def test_a_key_that_was_switched_off_or_deleted_is_refused(
        self, local_aws: LocalAws
    ) -> None:
        iam = local_aws.client("iam")
        keys = local_aws.user(name="ada")
        client = local_aws.client("sts", keys=keys)
        one = {"UserName": "ada", "AccessKeyId": keys.access_key_id}

        iam.update_access_key(**one, Status="Inactive")
        assert refusal(client.get_caller_identity)[1] == "InvalidClientTokenId"
        iam.update_access_key(**one, Status="Active")
        assert client.get_caller_identity()["Arn"].endswith("user/ada")
        iam.delete_access_key(**one)
        assert refusal(client.get_caller_identity)[1] == "InvalidClientTokenId"

    def test_who_is_nobody_may_nothing(self, local_aws: LocalAws, bucket: str) -> None:
        answer = requests.get(f"{local_aws.endpoint_url}/{bucket}", timeout=10)
        assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)
        answer = requests.post(
            local_aws.endpoint_url,
            data={"Action": "ListUsers", "Version": "2010-05-08"},
            timeout=10,
        )
        assert answer.status_code == 403
        assert "MissingAuthenticationToken" in answer.text

    def test_a_reset_leaves_the_installation_alone(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        keys = local_aws.user(allow("*", "*"))
        local_aws.reset()

        assert local_aws.client("s3").list_buckets()["Buckets"] == []
        stranger = local_aws.client("s3", keys=keys)
        assert refusal(stranger.list_buckets)[1] == "InvalidAccessKeyId"


class TestAssumingARole:
    def test_an_external_id_is_enforced(self, local_aws: LocalAws) -> None:
        customer = local_aws.administrator(OTHER)
        role = local_aws.role(
            trust(local_aws.arn, external_id="e-42"), name="writes", keys=customer
        )
        sts = local_aws.client("sts")

        for given in ({}, {"ExternalId": "e-43"}):
            assert refusal(
                lambda given=given: sts.assume_role(
                    RoleArn=role, RoleSessionName="run", **given
                )
            ) == (
                403,
                "AccessDenied",
                f"User: {local_aws.arn} is not authorized to perform:"
                f" sts:AssumeRole on resource: {role}",
            )
        session = sts.assume_role(
            RoleArn=role, RoleSessionName="run", ExternalId="e-42"
        )
        identity = local_aws.session_client(
            "sts", session["Credentials"]
        ).get_caller_identity()
        assert identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/writes/run"

    def test_a_role_without_external_id_takes_any(self, local_aws: LocalAws) -> None:
        role = local_aws.role(trust(local_aws.arn), keys=local_aws.administrator(OTHER))
        sts = local_aws.client("sts")
        for given in ({}, {"ExternalId": "whatever"}):
            assert sts.assume_role(RoleArn=role, RoleSessionName="run", **given)

    @pytest.mark.parametrize(
        "principal",
        [
            "arn:aws:iam::123456789012:root",
            "123456789012",
            "arn:aws:iam::123456789012:user/lyticsapp",
            "*",
        ],
    )
    def test_a_role_trusts_whom_it_names(
        self, local_aws: LocalAws, principal: str
    ) -> None:
        role = local_aws.role(trust(principal), keys=local_aws.administrator(OTHER))
        assert local_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="run")

    def test_a_role_trusts_nobody_else(self, local_aws: LocalAws) -> None:
        role = local_aws.role(
            trust("arn:aws:iam::333333333333:root"), keys=local_aws.administrator(OTHER)
        )
        sts = local_aws.client("sts")
        missing = role + "-gone"
        for arn in (role, missing):
            assert refusal(
                lambda arn=arn: sts.assume_role(RoleArn=arn, RoleSessionName="run")
            )[1] == ("AccessDenied")

    def test_another_accounts_trust_is_not_enough(self, local_aws: LocalAws) -> None:
        powerless = local_aws.user()
        role = local_aws.role(
            trust(arn_of(local_aws, powerless)), keys=local_aws.administrator(OTHER)
        )
        sts = local_aws.client("sts", keys=powerless)
        assert (
            refusal(lambda: sts.assume_role(RoleArn=role, RoleSessionName="run"))[1]
            == "AccessDenied"
        )
        empowered = local_aws.user(allow("sts:AssumeRole", role))
        local_aws.client(
            "iam", keys=local_aws.administrator(OTHER)
        ).update_assume_role_policy(
            RoleName=role.rpartition("/")[2],
            PolicyDocument=json.dumps(trust(arn_of(local_aws, empowered))),
        )
        assert local_aws.client("sts", keys=empowered).assume_role(
            RoleArn=role, RoleSessionName="run"
        )

    def test_a_session_may_what_its_role_may(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        role = local_aws.role(
            trust(local_aws.arn), allow("s3:ListBucket", BUCKET), name="lists"
        )
        session = local_aws.client("sts").assume_role(
            RoleArn=role, RoleSessionName="run"
        )
        s3 = local_aws.session_client("s3", session["Credentials"])

        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
        assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b""))[2] == (
            "User: arn:aws:sts::123456789012:assumed-role/lists/run is not authorized"
            f' to perform: s3:PutObject on resource: "{BUCKET}/k" because no'
            " identity-based policy allows the s3:PutObject action"
        )

    def test_a_session_policy_takes_away(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        role = local_aws.role(trust(local_aws.arn), allow("s3:*", "*"))
        session = local_aws.client("sts").assume_role(
            RoleArn=role,
            RoleSessionName="run",
            Policy=json.dumps(allow("s3:ListBucket", "*")),
        )
        s3 = local_aws.session_client("s3", session["Credentials"])

        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
        assert (
            "no session policy allows the s3:ListAllMyBuckets"
            in (refusal(s3.list_buckets)[2])
        )

    @pytest.mark.parametrize(
        ("service", "operation", "status", "code"),
        [
            ("s3", "list_buckets", 400, "ExpiredToken"),
            ("sts", "get_caller_identity", 403, "ExpiredToken"),
            ("sqs", "list_queues", 403, "ExpiredToken"),
            ("kinesis", "list_streams", 400, "ExpiredTokenException"),
        ],
    )
    def test_expired_credentials_are_refused(
        self, local_aws: LocalAws, service: str, operation: str, status: int, code: str
    ) -> None:
        role = local_aws.role(trust(local_aws.arn), allow("*", "*"))
        session = local_aws.client("sts").assume_role(
            RoleArn=role, RoleSessionName="run"
        )
        client = local_aws.session_client(service, session["Credentials"])
        getattr(client, operation)()

        local_aws.expire_sessions()

        assert refusal(getattr(client, operation))[:2] == (status, code)

    def test_a_session_needs_its_own_token(self, local_aws: LocalAws) -> None:
        role = local_aws.role(trust(local_aws.arn), allow("*", "*"))
        session = local_aws.client("sts").assume_role(
            RoleArn=role, RoleSessionName="run"
        )["Credentials"]
        s3 = local_aws.session_client("s3", session | {"SessionToken": "another"})
        assert refusal(s3.list_buckets)[:2] == (400, "InvalidToken")

    @pytest.mark.parametrize(
        ("seconds", "code", "words"),
        [
            (900, "", ""),
            (7200, "", ""),
            (899, "ValidationError", "greater than or equal to 900"),
            (7201, "ValidationError", "exceeds the MaxSessionDuration"),
            (43_201, "ValidationError", "less than or equal to 43200"),
        ],
    )
    def test_a_session_lasts_as_asked_within_limits(
        self, local_aws: LocalAws, seconds: int, code: str, words: str
    ) -> None:
        role = local_aws.role(trust(local_aws.arn), max_s=7200)
        # botocore knows the shortest itself, and would not ask
        sts = local_aws.client("sts", parameter_validation=False)

        def assume() -> Any:
            return sts.assume_role(
                RoleArn=role, RoleSessionName="run", DurationSeconds=seconds
            )

        if code:
            assert refusal(assume)[1] == code
            assert words in refusal(assume)[2]
        else:
            lasts = assume()["Credentials"]["Expiration"] - datetime.now(UTC)
            assert seconds - 60 < lasts.total_seconds() <= seconds

    def test_a_role_assumed_by_a_role_lasts_an_hour_at_most(
        self, local_aws: LocalAws
    ) -> None:
        first = local_aws.role(trust(local_aws.arn), allow("*", "*"))
        second = local_aws.role(trust(first), max_s=7200)
        session = local_aws.client("sts").assume_role(
            RoleArn=first, RoleSessionName="run"
        )
        sts = local_aws.session_client("sts", session["Credentials"])

        assert sts.assume_role(RoleArn=second, RoleSessionName="next")
        assert (
            "1 hour"
            in refusal(
                lambda: sts.assume_role(
                    RoleArn=second, RoleSessionName="next", DurationSeconds=3601
                )
            )[2]
        )

    def test_sessions_can_be_made_to_last_seconds(self, local_aws: LocalAws) -> None:
        role = local_aws.role(trust(local_aws.arn))
        sts = local_aws.client("sts")
        usual = sts.assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]
        local_aws.sessions_last(2)
        short = sts.assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]
        assert (usual["Expiration"] - short["Expiration"]).total_seconds() > 3000


class TestEachActionIsNamed:
    """Without a policy, what is missing is told as AWS tells it."""

    @pytest.mark.parametrize(
        ("operation", "given", "action", "resource"),
        [
            ("list_objects_v2", {}, "s3:ListBucket", BUCKET),
            ("list_object_versions", {}, "s3:ListBucketVersions", BUCKET),
            ("get_bucket_location", {}, "s3:GetBucketLocation", BUCKET),
            ("get_bucket_policy", {}, "s3:GetBucketPolicy", BUCKET),
            ("delete_bucket_policy", {}, "s3:DeleteBucketPolicy", BUCKET),
            ("delete_bucket", {}, "s3:DeleteBucket", BUCKET),
            (
                "list_multipart_uploads",
                {},
                "s3:ListBucketMultipartUploads",
                BUCKET,
            ),
            ("get_object", {"Key": "a b/ü+c"}, "s3:GetObject", f"{BUCKET}/a b/ü+c"),
            ("get_object_tagging", {"Key": "k"}, "s3:GetObjectTagging", f"{BUCKET}/k"),
            (
                "get_object",
                {"Key": "k", "VersionId": "1"},
                "s3:GetObjectVersion",
                f"{BUCKET}/k",
            ),
            ("put_object", {"Key": "k"}, "s3:PutObject", f"{BUCKET}/k"),
            ("delete_object", {"Key": "k"}, "s3:DeleteObject", f"{BUCKET}/k"),
            (
                "delete_objects",
                {"Delete": {"Objects": [{"Key": "k"}]}},
                "s3:DeleteObject",
                f"{BUCKET}/k",
            ),
            ("create_multipart_upload", {"Key": "k"}, "s3:PutObject", f"{BUCKET}/k"),
            (
                "upload_part",
                {"Key": "k", "UploadId": "u", "PartNumber": 1, "Body": b"1"},
                "s3:PutObject",
                f"{BUCKET}/k",
            ),
            (
                "list_parts",
                {"Key": "k", "UploadId": "u"},
                "s3:ListMultipartUploadParts",
                f"{BUCKET}/k",
            ),
            (
                "abort_multipart_upload",
                {"Key": "k", "UploadId": "u"},
                "s3:AbortMultipartUpload",
                f"{BUCKET}/k",
            ),
        ],
    )
    def test_of_s3(
        self,
        local_aws: LocalAws,
        bucket: str,
        operation: str,
        given: dict[str, Any],
        action: str,
        resource: str,
    ) -> None:
        nobody = local_aws.user(name="nobody")
        s3 = local_aws.client("s3", keys=nobody)

        said = refusal(lambda: getattr(s3, operation)(Bucket=bucket, **given))

        assert said == (
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/nobody is not authorized to"
            f' perform: {action} on resource: "{resource}" because no identity-based'
            f" policy allows the {action} action",
        )

    def test_of_listing_buckets(self, local_aws: LocalAws) -> None:
        s3 = local_aws.client("s3", keys=local_aws.user(name="nobody"))
        assert refusal(s3.list_buckets)[2] == (
            "User: arn:aws:iam::123456789012:user/nobody is not authorized to"
            " perform: s3:ListAllMyBuckets because no identity-based policy allows"
            " the s3:ListAllMyBuckets action"
        )

    def test_of_a_copy_both_ends(self, local_aws: LocalAws, bucket: str) -> None:
        writer = local_aws.user(allow("s3:PutObject", "*"))
        s3 = local_aws.client("s3", keys=writer)
        said = refusal(
            lambda: s3.copy_object(
                Bucket=bucket, Key="copy", CopySource=f"{bucket}/in/a b+ü.csv"
            )
        )[2]
        assert f's3:GetObject on resource: "{BUCKET}/in/a b+ü.csv"' in said

    def test_of_an_acl_with_the_object(self, local_aws: LocalAws, bucket: str) -> None:
        writer = local_aws.user(allow("s3:PutObject", "*"))
        s3 = local_aws.client("s3", keys=writer)
        said = refusal(
            lambda: s3.put_object(
                Bucket=bucket, Key="k", ACL="bucket-owner-full-control"
            )
        )[2]
        assert "s3:PutObjectAcl" in said

    @pytest.mark.parametrize(
        ("operation", "given", "action"),
        [
            ("send_message", {"MessageBody": "m"}, "sqs:sendmessage"),
            (
                "send_message_batch",
                {"Entries": [{"Id": "1", "MessageBody": "m"}]},
                "sqs:sendmessage",
            ),
            ("receive_message", {}, "sqs:receivemessage"),
            ("delete_message", {"ReceiptHandle": "r"}, "sqs:deletemessage"),
            ("get_queue_attributes", {}, "sqs:getqueueattributes"),
        ],
    )
    def test_of_sqs(
        self, local_aws: LocalAws, operation: str, given: dict[str, Any], action: str
    ) -> None:
        url = local_aws.client("sqs").create_queue(QueueName="moves")["QueueUrl"]
        sqs = local_aws.client("sqs", keys=local_aws.user(name="nobody"))

        said = refusal(lambda: getattr(sqs, operation)(QueueUrl=url, **given))

        assert said == (
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/nobody is not authorized to"
            f" perform: {action} on resource: {QUEUE} because no identity-based policy"
            f" allows the {action} action",
        )

    def test_of_finding_queues(self, local_aws: LocalAws) -> None:
        sqs = local_aws.client("sqs", keys=local_aws.user())
        assert (
            f"sqs:getqueueurl on resource: {QUEUE}"
            in (refusal(lambda: sqs.get_queue_url(QueueName="moves"))[2])
        )
        assert (
            "sqs:listqueues on resource: arn:aws:sqs:us-east-1:123456789012: "
            in (refusal(sqs.list_queues)[2])
        )

    @pytest.mark.parametrize(
        ("operation", "given", "action"),
        [
            ("put_record", {"Data": b"d", "PartitionKey": "p"}, "PutRecord"),
            (
                "put_records",
                {"Records": [{"Data": b"d", "PartitionKey": "p"}]},
                "PutRecords",
            ),
            ("describe_stream", {}, "DescribeStream"),
            ("describe_stream_summary", {}, "DescribeStreamSummary"),
            ("list_shards", {}, "ListShards"),
            (
                "get_shard_iterator",
                {"ShardId": "s", "ShardIteratorType": "LATEST"},
                "GetShardIterator",
            ),
        ],
    )
    @pytest.mark.parametrize("named", [{"StreamName": "moves"}, {"StreamARN": STREAM}])
    def test_of_kinesis(
        self,
        local_aws: LocalAws,
        operation: str,
        given: dict[str, Any],
        action: str,
        named: dict[str, str],
    ) -> None:
        kinesis = local_aws.client("kinesis", keys=local_aws.user(name="nobody"))

        said = refusal(lambda: getattr(kinesis, operation)(**named, **given))

        assert said == (
            400,
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/nobody is not authorized to"
            f" perform: kinesis:{action} on resource: {STREAM} because no"
            f" identity-based policy allows the kinesis:{action} action",
        )

    def test_of_reading_a_stream_by_iterator(self, local_aws: LocalAws) -> None:
        local_aws.client("kinesis").create_stream(StreamName="moves", ShardCount=1)
        keys = local_aws.user(allow(["kinesis:GetShardIterator"], STREAM))
        kinesis = local_aws.client("kinesis", keys=keys)
        iterator = kinesis.get_shard_iterator(
            StreamName="moves",
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        assert (
            f"kinesis:GetRecords on resource: {STREAM}"
            in (refusal(lambda: kinesis.get_records(ShardIterator=iterator))[2])
        )

    def test_of_other_services(self, local_aws: LocalAws) -> None:
        keys = local_aws.user()
        iam = local_aws.client("iam", keys=keys)
        assert (
            "iam:DeleteRole on resource: arn:aws:iam::123456789012:role/r"
            in (refusal(lambda: iam.delete_role(RoleName="r"))[2])
        )
        kms = local_aws.client("kms", keys=keys)
        assert (
            "kms:Encrypt on resource: arn:aws:kms:us-east-1:123456789012:key/k"
            in (refusal(lambda: kms.encrypt(KeyId="k", Plaintext=b"x"))[2])
        )


class TestPolicies:
    def test_what_is_allowed_is_done(self, local_aws: LocalAws, bucket: str) -> None:
        keys = local_aws.user(
            allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/in/*"),
            allow(
                "s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "in/*"}}
            ),
        )
        s3 = local_aws.client("s3", keys=keys)

        s3.put_object(Bucket=bucket, Key="in/new", Body=b"new")
        assert s3.get_object(Bucket=bucket, Key="in/new")["Body"].read() == b"new"
        assert s3.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 2
        for call in (
            lambda: s3.put_object(Bucket=bucket, Key="out/new", Body=b""),
            lambda: s3.list_objects_v2(Bucket=bucket),
            lambda: s3.list_objects_v2(Bucket=bucket, Prefix="out/"),
        ):
            assert refusal(call)[1] == "AccessDenied"

    def test_policies_of_groups_and_managed_ones_count(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        keys = local_aws.user(name="ada")
        s3 = local_aws.client("s3", keys=keys)
        iam = local_aws.client("iam")
        iam.create_group(GroupName="readers")
        iam.add_user_to_group(GroupName="readers", UserName="ada")
        assert refusal(s3.list_buckets)[1] == "AccessDenied"

        iam.put_group_policy(
            GroupName="readers",
            PolicyName="lists",
            PolicyDocument=json.dumps(allow("s3:ListAllMyBuckets", "*")),
        )
        assert s3.list_buckets()["Buckets"]
        managed = iam.create_policy(
            PolicyName="reads", PolicyDocument=json.dumps(allow("s3:ListBucket", "*"))
        )["Policy"]["Arn"]
        iam.attach_user_policy(UserName="ada", PolicyArn=managed)
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1

    def test_a_denial_wins(self, local_aws: LocalAws, bucket: str) -> None:
        keys = local_aws.user(allow("s3:*", "*"), denied("s3:DeleteObject", "*"))
        s3 = local_aws.client("s3", keys=keys)
        assert (
            "with an explicit deny in an identity-based policy"
            in (refusal(lambda: s3.delete_object(Bucket=bucket, Key="k"))[2])
        )

    def test_only_who_may_list_learns_that_an_object_is_missing(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        reader = local_aws.user(allow("s3:GetObject", f"{BUCKET}/*"))
        s3 = local_aws.client("s3", keys=reader)
        said = refusal(lambda: s3.get_object(Bucket=bucket, Key="gone"))
        assert said[1] == "AccessDenied"
        assert "s3:ListBucket" in said[2]

        own = local_aws.client("s3")
        assert (
            refusal(lambda: own.get_object(Bucket=bucket, Key="gone"))[1] == "NoSuchKey"
        )

    def test_a_bucket_that_does_not_exist_is_said_to_be_missing(
        self, local_aws: LocalAws
    ) -> None:
        s3 = local_aws.client("s3", keys=local_aws.user())
        assert (
            refusal(lambda: s3.list_objects_v2(Bucket="nowhere"))[1] == "NoSuchBucket"
        )


class TestBetweenAccounts:
    def test_a_bucket_policy_lets_another_accounts_user_in(
        self, local_aws: LocalAws
    ) -> None:
        customer = local_aws.administrator(OTHER)
        theirs = local_aws.client("s3", keys=customer)
        theirs.create_bucket(Bucket="customers")
        theirs.put_object(Bucket="customers", Key="k", Body=b"v")
        ours = local_aws.client("s3")
        assert refusal(lambda: ours.get_object(Bucket="customers", Key="k")) == (
            403,
            "AccessDenied",
            "Access Denied",
        )

        theirs.put_bucket_policy(
            Bucket="customers",
            Policy=json.dumps(
                granted(local_aws.arn, "s3:GetObject", "arn:aws:s3:::customers/*")
            ),
        )

        assert ours.get_object(Bucket="customers", Key="k")["Body"].read() == b"v"
        assert refusal(lambda: ours.delete_object(Bucket="customers", Key="k"))[1] == (
            "AccessDenied"
        )
        powerless = local_aws.client("s3", keys=local_aws.user())
        assert refusal(lambda: powerless.get_object(Bucket="customers", Key="k"))[
            1
        ] == ("AccessDenied")
        assert [b["Name"] for b in ours.list_buckets()["Buckets"]] == []
        assert [b["Name"] for b in theirs.list_buckets()["Buckets"]] == ["customers"]

    def test_within_an_account_a_bucket_policy_is_enough(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        keys = local_aws.user()
        local_aws.client("s3").put_bucket_policy(
            Bucket=bucket,
            Policy=json.dumps(
                granted(arn_of(local_aws, keys), "s3:ListBucket", BUCKET)
            ),
        )
        s3 = local_aws.client("s3", keys=keys)
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1

    def test_a_public_bucket_is_open_to_nobody_in_particular(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        local_aws.client("s3").put_bucket_policy(
            Bucket=bucket,
            Policy=json.dumps(granted("*", "s3:GetObject", f"{BUCKET}/*")),
        )
        answer = requests.get(
            f"{local_aws.endpoint_url}/{bucket}/in/a%20b%2B%C3%BC.csv", timeout=10
        )
        assert (answer.status_code, answer.content) == (200, b"1,2")

    def test_a_queue_policy_lets_another_accounts_user_in(
        self, local_aws: LocalAws
    ) -> None:
        customer = local_aws.administrator(OTHER)
        theirs = local_aws.client("sqs", keys=customer)
        url = theirs.create_queue(QueueName="moves")["QueueUrl"]
        ours = local_aws.client("sqs")
        assert (
            "no resource-based policy allows the sqs:sendmessage action"
            in (refusal(lambda: ours.send_message(QueueUrl=url, MessageBody="m"))[2])
        )

        arn = f"arn:aws:sqs:us-east-1:{OTHER}:moves"
        policy = granted(local_aws.arn, "sqs:SendMessage", arn)
        theirs.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": json.dumps(policy)}
        )
        ours.send_message(QueueUrl=url, MessageBody="m")

        [message] = theirs.receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "m"

    def test_a_stream_policy_lets_another_accounts_user_in(
        self, local_aws: LocalAws
    ) -> None:
        customer = local_aws.administrator(OTHER)
        theirs = local_aws.client("kinesis", keys=customer)
        theirs.create_stream(StreamName="moves", ShardCount=1)
        arn = f"arn:aws:kinesis:us-east-1:{OTHER}:stream/moves"
        record = {"StreamARN": arn, "Data": b"d", "PartitionKey": "p"}
        ours = local_aws.client("kinesis")
        assert (
            "no resource-based policy" in refusal(lambda: ours.put_record(**record))[2]
        )

        theirs.put_resource_policy(
            ResourceARN=arn,
            Policy=json.dumps(granted(local_aws.arn, "kinesis:PutRecord", arn)),
        )

        assert ours.put_record(**record)["SequenceNumber"]


class TestPresignedAddresses:
    def test_one_opens_what_its_maker_may_open(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        s3 = local_aws.client("s3")
        given = {"Bucket": bucket, "Key": "in/a b+ü.csv"}
        url = s3.generate_presigned_url("get_object", Params=given)
        answer = requests.get(url, timeout=10)
        assert (answer.status_code, answer.content) == (200, b"1,2")

        nobody = local_aws.client("s3", keys=local_aws.user())
        url = nobody.generate_presigned_url("get_object", Params=given)
        assert requests.get(url, timeout=10).status_code == 403

    def test_one_that_was_changed_is_refused(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        url = local_aws.client("s3").generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "in/other.csv"}
        )
        answer = requests.get(url.replace("other", "a"), timeout=10)
        assert answer.status_code == 403
        assert "SignatureDoesNotMatch" in answer.text

    def test_one_that_is_too_old_is_refused(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        url = local_aws.client("s3").generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-1
        )
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 403
        assert "Request has expired" in answer.text

    def test_of_the_older_kind_is_refused(
        self, local_aws: LocalAws, bucket: str
    ) -> None:
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=local_aws.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=local_aws.keys.access_key_id,
            aws_secret_access_key=local_aws.keys.secret_access_key,
        )
        url = client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "k"}
        )
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 400
        assert "Please use AWS4-HMAC-SHA256" in answer.text

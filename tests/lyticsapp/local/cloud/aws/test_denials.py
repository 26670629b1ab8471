"""Whoever may not do something is told what is missing, as AWS tells it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws import LocalAws, allow, refusal

BUCKET = "arn:aws:s3:::orders"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:moves"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/moves"


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


def test_of_listing_buckets(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3", keys=local_aws.user(name="nobody"))
    assert refusal(s3.list_buckets)[2] == (
        "User: arn:aws:iam::123456789012:user/nobody is not authorized to"
        " perform: s3:ListAllMyBuckets because no identity-based policy allows"
        " the s3:ListAllMyBuckets action"
    )


def test_of_a_copy_both_ends(local_aws: LocalAws, bucket: str) -> None:
    writer = local_aws.user(allow("s3:PutObject", "*"))
    s3 = local_aws.client("s3", keys=writer)
    said = refusal(
        lambda: s3.copy_object(
            Bucket=bucket, Key="copy", CopySource=f"{bucket}/in/a b+ü.csv"
        )
    )[2]
    assert f's3:GetObject on resource: "{BUCKET}/in/a b+ü.csv"' in said


def test_of_an_acl_with_the_object(local_aws: LocalAws, bucket: str) -> None:
    writer = local_aws.user(allow("s3:PutObject", "*"))
    s3 = local_aws.client("s3", keys=writer)
    said = refusal(
        lambda: s3.put_object(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
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
    local_aws: LocalAws, operation: str, given: dict[str, Any], action: str
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


def test_of_finding_queues(local_aws: LocalAws) -> None:
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


def test_of_reading_a_stream_by_iterator(local_aws: LocalAws) -> None:
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


def test_of_other_services(local_aws: LocalAws) -> None:
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

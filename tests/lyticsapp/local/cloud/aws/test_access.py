"""What policies of users, groups, buckets, queues and streams let in."""

from __future__ import annotations

import json

import requests

from tests.local_aws import LocalAws, allow, deny, grant, refusal

OTHER = "222222222222"
BUCKET = "arn:aws:s3:::orders"


def test_what_is_allowed_is_done(local_aws: LocalAws, bucket: str) -> None:
    keys = local_aws.user(
        allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/in/*"),
        allow("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "in/*"}}),
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
    local_aws: LocalAws, bucket: str
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


def test_a_denial_wins(local_aws: LocalAws, bucket: str) -> None:
    keys = local_aws.user(allow("s3:*", "*"), deny("s3:DeleteObject", "*"))
    s3 = local_aws.client("s3", keys=keys)
    assert (
        "with an explicit deny in an identity-based policy"
        in (refusal(lambda: s3.delete_object(Bucket=bucket, Key="k"))[2])
    )


def test_only_who_may_list_learns_that_an_object_is_missing(
    local_aws: LocalAws, bucket: str
) -> None:
    reader = local_aws.user(allow("s3:GetObject", f"{BUCKET}/*"))
    s3 = local_aws.client("s3", keys=reader)
    said = refusal(lambda: s3.get_object(Bucket=bucket, Key="gone"))
    assert said[1] == "AccessDenied"
    assert "s3:ListBucket" in said[2]

    own = local_aws.client("s3")
    assert refusal(lambda: own.get_object(Bucket=bucket, Key="gone"))[1] == "NoSuchKey"


def test_a_bucket_that_does_not_exist_is_said_to_be_missing(
    local_aws: LocalAws,
) -> None:
    s3 = local_aws.client("s3", keys=local_aws.user())
    assert refusal(lambda: s3.list_objects_v2(Bucket="nowhere"))[1] == "NoSuchBucket"
    own = local_aws.client("s3")
    own.create_bucket(Bucket="orders")
    source = {"Bucket": "nowhere", "Key": "k"}
    said = refusal(lambda: own.copy_object(Bucket="orders", Key="k", CopySource=source))
    assert said[1] == "NoSuchBucket"


def test_a_bucket_policy_lets_another_accounts_user_in(local_aws: LocalAws) -> None:
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
            grant(local_aws.arn, "s3:GetObject", "arn:aws:s3:::customers/*")
        ),
    )

    assert ours.get_object(Bucket="customers", Key="k")["Body"].read() == b"v"
    assert refusal(lambda: ours.delete_object(Bucket="customers", Key="k"))[1] == (
        "AccessDenied"
    )
    powerless = local_aws.client("s3", keys=local_aws.user())
    assert refusal(lambda: powerless.get_object(Bucket="customers", Key="k"))[1] == (
        "AccessDenied"
    )
    assert [b["Name"] for b in ours.list_buckets()["Buckets"]] == []
    assert [b["Name"] for b in theirs.list_buckets()["Buckets"]] == ["customers"]


def test_within_an_account_a_bucket_policy_is_enough(
    local_aws: LocalAws, bucket: str
) -> None:
    keys = local_aws.user()
    local_aws.client("s3").put_bucket_policy(
        Bucket=bucket,
        Policy=json.dumps(grant(local_aws.arn_of(keys), "s3:ListBucket", BUCKET)),
    )
    s3 = local_aws.client("s3", keys=keys)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_a_public_bucket_is_open_to_nobody_in_particular(
    local_aws: LocalAws, bucket: str
) -> None:
    local_aws.client("s3").put_bucket_policy(
        Bucket=bucket,
        Policy=json.dumps(grant("*", "s3:GetObject", f"{BUCKET}/*")),
    )
    answer = requests.get(
        f"{local_aws.endpoint_url}/{bucket}/in/a%20b%2B%C3%BC.csv", timeout=10
    )
    assert (answer.status_code, answer.content) == (200, b"1,2")


def test_a_bucket_is_known_by_the_name_of_its_host(
    local_aws: LocalAws, bucket: str
) -> None:
    local_aws.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps(grant("*", "s3:GetObject", f"{BUCKET}/in/*"))
    )
    for path, status in (("in/a%20b%2B%C3%BC.csv", 200), ("out/a.csv", 403)):
        answer = requests.get(
            f"{local_aws.endpoint_url}/{path}",
            headers={"Host": "orders.s3.us-east-1.amazonaws.com"},
            timeout=10,
        )
        assert answer.status_code == status


def test_a_large_upload_is_refused_in_words(local_aws: LocalAws, bucket: str) -> None:
    s3 = local_aws.client("s3", keys=local_aws.user())
    said = refusal(
        lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 20_000_000)
    )
    assert said[1] == "AccessDenied"


def test_a_queue_policy_lets_another_accounts_user_in(local_aws: LocalAws) -> None:
    customer = local_aws.administrator(OTHER)
    theirs = local_aws.client("sqs", keys=customer)
    url = theirs.create_queue(QueueName="moves")["QueueUrl"]
    ours = local_aws.client("sqs")
    assert (
        "no resource-based policy allows the sqs:sendmessage action"
        in (refusal(lambda: ours.send_message(QueueUrl=url, MessageBody="m"))[2])
    )

    arn = f"arn:aws:sqs:us-east-1:{OTHER}:moves"
    policy = grant(local_aws.arn, "sqs:SendMessage", arn)
    theirs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    ours.send_message(QueueUrl=url, MessageBody="m")

    [message] = theirs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "m"


def test_a_stream_policy_lets_another_accounts_user_in(local_aws: LocalAws) -> None:
    customer = local_aws.administrator(OTHER)
    theirs = local_aws.client("kinesis", keys=customer)
    theirs.create_stream(StreamName="moves", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{OTHER}:stream/moves"
    record = {"StreamARN": arn, "Data": b"d", "PartitionKey": "p"}
    ours = local_aws.client("kinesis")
    assert "no resource-based policy" in refusal(lambda: ours.put_record(**record))[2]

    theirs.put_resource_policy(
        ResourceARN=arn,
        Policy=json.dumps(grant(local_aws.arn, "kinesis:PutRecord", arn)),
    )

    assert ours.put_record(**record)["SequenceNumber"]

"""Calls of S3: which actions one needs, on which bucket or object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

from moto.s3.responses import S3Response
from moto.s3.utils import bucket_name_from_url
from werkzeug.wrappers import Request

from lyticsapp.local.cloud.aws.errors import RefusedError
from lyticsapp.local.cloud.aws.message import Message

ALL_BUCKETS = "arn:aws:s3:::*"
VERBS = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Put", "POST": "Put"}
BUCKET_PARTS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
OBJECT_PARTS = ("acl", "tagging", "retention", "legal-hold", "attributes")
DELETED_AS_SUCH = ("policy", "website")
QUERY_KEYS = ("prefix", "delimiter", "max-keys", "versionId")
HEADER_KEYS = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
)


def actions(message: Message) -> list[tuple[str, str]]:
    """Every action this call needs, each with the ARN of its resource.

    Raises RefusedError for a list of keys to delete that cannot be read.
    """
    bucket, key = place(message)
    if not bucket:
        return [("s3:ListAllMyBuckets", ALL_BUCKETS)]
    if not key:
        if message.method == "POST" and "delete" in message.query:
            return [_deletion(bucket, entry) for entry in _listed(message.body)]
        return [(f"s3:{_on_bucket(message)}", _arn(bucket))]
    needed = [(f"s3:{_on_object(message)}", _arn(bucket, key))]
    return needed + _with_object(message, bucket, key)


def place(message: Message) -> tuple[str, str]:
    """The bucket and the key, of which there may be none, found as moto does."""
    request = Request(message.environ)
    path = unquote(message.raw_path).removeprefix("/")
    if S3Response.subdomain_based_buckets(request):
        return bucket_name_from_url(request.url) or "", path
    bucket, _, key = path.partition("/")
    return bucket, key


def condition_keys(message: Message) -> dict[str, str]:
    """What a policy's conditions can ask about a call of S3."""
    queried = {name: message.query.get(name) for name in QUERY_KEYS}
    told = {name: message.header(name) or None for name in HEADER_KEYS}
    return {
        f"s3:{name.lower()}": value
        for name, value in (queried | told).items()
        if value is not None
    }


def _on_bucket(message: Message) -> str:
    method, query = message.method, message.query
    part = next((name for name in BUCKET_PARTS if name in query), None)
    if part in DELETED_AS_SUCH and method == "DELETE":
        return f"Delete{BUCKET_PARTS[part]}"
    if part is not None:
        return VERBS.get(method, "Get") + BUCKET_PARTS[part]
    if "versions" in query:
        return "ListBucketVersions"
    if "uploads" in query:
        return "ListBucketMultipartUploads"
    others = {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "POST": "PutObject"}
    return others.get(method, "ListBucket")


def _on_object(message: Message) -> str:
    method, query = message.method, message.query
    if "uploadId" in query and method in ("GET", "HEAD"):
        return "ListMultipartUploadParts"
    if "uploadId" in query and method == "DELETE":
        return "AbortMultipartUpload"
    if "restore" in query:
        return "RestoreObject"
    if "select" in query:
        return "GetObject"
    noun = "ObjectVersion" if query.get("versionId") else "Object"
    part = next((name for name in OBJECT_PARTS if name in query), None)
    if part is not None:
        verb = "Delete" if method == "DELETE" else VERBS.get(method, "Get")
        return verb + noun + part.title().replace("-", "")
    if method == "DELETE":
        return f"Delete{noun}"
    return f"Get{noun}" if method in ("GET", "HEAD") else "PutObject"


def _with_object(message: Message, bucket: str, key: str) -> list[tuple[str, str]]:
    """What else writing an object needs, for what its headers ask."""
    if message.method not in ("PUT", "POST"):
        return []
    needed = []
    source, _, version = message.header("x-amz-copy-source").partition("?versionId=")
    if source:
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        needed.append((action, f"arn:aws:s3:::{unquote(source).removeprefix('/')}"))
    if message.header("x-amz-acl") and "acl" not in message.query:
        needed.append(("s3:PutObjectAcl", _arn(bucket, key)))
    if message.header("x-amz-tagging"):
        needed.append(("s3:PutObjectTagging", _arn(bucket, key)))
    return needed


def _listed(body: bytes) -> list[dict[str, str]]:
    """The keys to delete, each with its version where one is named."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - from this machine
    except ElementTree.ParseError as error:
        raise RefusedError("malformed") from error
    listed = [
        {part.tag.rpartition("}")[2]: part.text or "" for part in entry}
        for entry in root
        if entry.tag.endswith("Object")
    ]
    if not listed:
        raise RefusedError("malformed")
    return listed


def _deletion(bucket: str, entry: dict[str, str]) -> tuple[str, str]:
    noun = "ObjectVersion" if entry.get("VersionId") else "Object"
    return f"s3:Delete{noun}", _arn(bucket, entry.get("Key", ""))


def _arn(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"

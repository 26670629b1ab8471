"""Whether the policies put into moto allow a call, and what is said when they do not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import urlencode

from lyticsapp.local.cloud.aws import (
    actions,
    authorization,
    identities,
    resources,
    s3,
    trust,
)
from lyticsapp.local.cloud.aws.actions import Place
from lyticsapp.local.cloud.aws.authorization import Caller
from lyticsapp.local.cloud.aws.control import Control
from lyticsapp.local.cloud.aws.errors import RefusedError
from lyticsapp.local.cloud.aws.message import Message
from lyticsapp.local.cloud.aws.policies import Question

ALWAYS_ALLOWED = ("sts:GetCallerIdentity",)
WITHOUT_OWNER = ("s3:ListAllMyBuckets", "s3:CreateBucket")
READING = ("s3:GetObject", "s3:GetObjectVersion")


def check(
    message: Message, caller: Caller | None, place: Place, control: Control
) -> str:
    """The account whose resources the call is about.

    Raises RefusedError where it is not allowed, PolicyError where that cannot be told.
    """
    context = _context(message, caller, place)
    if place.service == "s3":
        return _check_s3(message, caller, context)
    assert caller is not None
    action, resource = actions.action(message, place)
    question = Question(action, resource, context)
    if action.startswith("sts:AssumeRole"):
        _check_role(message, caller, question, control)
        return place.account
    owner = resources.owner_of(resource, caller_account=place.account)
    if action not in ALWAYS_ALLOWED:
        _check_one(caller, question, owner)
    return owner


def _check_role(
    message: Message, caller: Caller, question: Question, control: Control
) -> None:
    role = identities.find_role(question.resource)
    # AWS does not tell whether there is such a role.
    if role is None or not trust.is_given(caller, role, question):
        raise RefusedError("access_denied", _refused(caller, question))
    trust.check_duration(caller, role, message.parameters)
    if control.sessions_last_s is not None:
        changed = message.parameters | {"DurationSeconds": control.sessions_last_s}
        message.replace_body(urlencode(changed).encode())


def _check_s3(message: Message, caller: Caller | None, context: dict[str, str]) -> str:
    own = caller.principal.account if caller else ""
    needed = s3.actions(message)
    if needed[0][0] in WITHOUT_OWNER:
        _check_one(caller, Question(*needed[0], context), own)
        return own
    bucket, _ = s3.place(message)
    owner = resources.bucket_owner(bucket)
    if owner is None and caller is not None:
        return own  # moto answers that there is no such bucket
    for action, resource in needed:
        question = Question(action, resource, context)
        target = resources.owner_of(resource, caller_account=own)
        _check_one(caller, question, target)
        if action in READING and not resources.has_object(resource):
            # Whether there is an object is told only to those who may list.
            listing = Question("s3:ListBucket", resource.partition("/")[0], context)
            _check_one(caller, listing, target)
    return owner or own


def _check_one(caller: Caller | None, question: Question, owner: str) -> None:
    """Raises RefusedError with AWS's usual words, which name what is missing."""
    reason = authorization.objection(
        caller,
        question,
        owner=owner,
        resource_policy=resources.policy_of(question.resource),
    )
    if reason is None:
        return
    if question.action.startswith("s3:") and not _is_own(caller, owner):
        raise RefusedError("access_denied")  # S3 tells strangers nothing more
    assert caller is not None
    raise RefusedError("access_denied", _refused(caller, question, reason))


def _is_own(caller: Caller | None, owner: str) -> bool:
    return caller is not None and caller.principal.account == owner


def _refused(caller: Caller, question: Question, reason: str = "") -> str:
    """AWS's usual words, in the spelling of the service."""
    action, resource = question.action, question.resource
    about = f" on resource: {resource}"
    if action.startswith("s3:"):
        about = "" if resource == s3.ALL_BUCKETS else f' on resource: "{resource}"'
    text = (
        f"User: {caller.principal.arn} is not authorized to perform: {action}{about}"
        f" {reason}"
    ).rstrip()
    return text.replace(action, action.lower()) if action.startswith("sqs:") else text


def _context(message: Message, caller: Caller | None, place: Place) -> dict[str, str]:
    """The condition keys of this call."""
    context = {
        "aws:currenttime": datetime.now(UTC).isoformat(timespec="seconds"),
        "aws:epochtime": str(int(time.time())),
        "aws:requestedregion": place.region,
        "aws:securetransport": str(
            message.environ.get("wsgi.url_scheme") == "https"
        ).lower(),
        "aws:sourceip": str(message.environ.get("REMOTE_ADDR", "")),
        "aws:useragent": message.header("User-Agent"),
    }
    if caller is not None:
        context |= caller.context
    if place.service == "s3":
        return context | s3.condition_keys(message)
    return context | trust.condition_keys(message.parameters)

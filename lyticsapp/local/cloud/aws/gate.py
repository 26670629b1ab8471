"""The way into moto: who calls, and whether the policies put into it allow the call."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lyticsapp.local.cloud.aws import (
    actions,
    answers,
    authorization,
    control,
    identities,
    resources,
    s3,
    signature,
    trust,
)
from lyticsapp.local.cloud.aws.actions import Place
from lyticsapp.local.cloud.aws.authorization import Caller
from lyticsapp.local.cloud.aws.control import Control
from lyticsapp.local.cloud.aws.errors import PolicyError, RefusedError
from lyticsapp.local.cloud.aws.message import Message
from lyticsapp.local.cloud.aws.policies import Question

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Moto's own pages, and the metadata of a machine, which AWS answers unsigned.
OPEN_PATHS = ("/moto-api", "/favicon.ico", "/latest/")
ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"
ALWAYS_ALLOWED = ("sts:GetCallerIdentity",)
WITHOUT_OWNER = ("s3:ListAllMyBuckets", "s3:CreateBucket")
READING = ("s3:GetObject", "s3:GetObjectVersion")


class Gate:
    """A WSGI application before moto's."""

    def __init__(self, moto: WSGIApplication, told: Control) -> None:
        self._moto = moto
        self._control = told
        self._control_app = control.create(told)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(control.PATHS):
            return self._control_app(environ, start_response)
        if path.startswith(OPEN_PATHS):
            return self._moto(environ, start_response)
        message = Message(environ)
        service = "s3"
        try:
            signed = signature.read(message)
            service = signed.service if signed else _unsigned_service(message)
            environ[ACCOUNT_HEADER] = self._admit(message, signed, service)
        except RefusedError as error:
            answer = answers.refusal(error, service=service, message=message)
            return answer(environ, start_response)
        return self._moto(environ, start_response)

    def _admit(
        self, message: Message, signed: signature.Signature | None, service: str
    ) -> str:
        """The account whose resources the call is about; raises RefusedError."""
        if signed is None:
            if service != "s3":
                raise RefusedError("unsigned")
            caller = None
        else:
            caller = identities.caller(
                signed.access_key_id, session_token=signed.session_token
            )
            if not signature.is_right(signed, message, caller.secret):
                raise RefusedError("wrong_signature")
        account = caller.principal.account if caller else ""
        region = signed.region if signed else ""
        place = Place(service=service, region=region, account=account)
        try:
            return self._authorize(message, caller, place)
        except PolicyError as error:
            raise RefusedError("malformed_policy", str(error)) from error

    def _authorize(self, message: Message, caller: Caller | None, place: Place) -> str:
        context = _context(message, caller, place)
        if place.service == "s3":
            return _authorize_s3(message, caller, context)
        assert caller is not None
        action, resource = actions.action(message, place)
        question = Question(action, resource, context)
        if action.startswith("sts:AssumeRole"):
            self._authorize_role(message, caller, question)
            return place.account
        owner = resources.owner_of(resource, caller_account=place.account)
        if action not in ALWAYS_ALLOWED:
            _authorize_one(caller, question, owner)
        return owner

    def _authorize_role(
        self, message: Message, caller: Caller, question: Question
    ) -> None:
        given = message.parameters
        role = identities.find_role(question.resource)
        if role is None or not trust.is_given(caller, role, question):
            raise RefusedError("access_denied", _refused(caller, question))
        trust.check_duration(caller, role, given)
        if self._control.sessions_last_s is not None:
            given = given | {"DurationSeconds": self._control.sessions_last_s}
            message.replace_body(urlencode(given).encode())


def _authorize_s3(
    message: Message, caller: Caller | None, context: dict[str, str]
) -> str:
    own = caller.principal.account if caller else ""
    needed = s3.actions(message)
    if needed[0][0] in WITHOUT_OWNER:
        _authorize_one(caller, Question(*needed[0], context), own)
        return own
    bucket, _ = s3.place(message)
    owner = resources.bucket_owner(bucket)
    if owner is None:
        return own  # moto answers that there is no such bucket
    for action, resource in needed:
        question = Question(action, resource, context)
        target = resources.owner_of(resource, caller_account=own)
        _authorize_one(caller, question, target)
        if action in READING and not resources.has_object(resource):
            # Whether there is an object is told only to those who may list.
            listing = Question("s3:ListBucket", resource.partition("/")[0], context)
            _authorize_one(caller, listing, target)
    return owner


def _authorize_one(caller: Caller | None, question: Question, owner: str) -> None:
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


def _unsigned_service(message: Message) -> str:
    """S3 alone knows callers without a name; anything else wants a signature."""
    form = message.header("Content-Type").startswith("application/x-www-form-url")
    return "unknown" if message.target or form else "s3"

"""The way into moto: a call is let in when its signer is known and may make it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lyticsapp.local.cloud.aws import (
    answers,
    control,
    identities,
    permission,
    signature,
)
from lyticsapp.local.cloud.aws.actions import Place
from lyticsapp.local.cloud.aws.control import Control
from lyticsapp.local.cloud.aws.errors import PolicyError, RefusedError
from lyticsapp.local.cloud.aws.message import Message

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Moto's own pages, and the metadata of a machine, which AWS answers unsigned.
OPEN_PATHS = ("/moto-api", "/favicon.ico", "/latest/meta-data/", "/latest/api/")
ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"


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
        place = Place(
            service=service,
            region=signed.region if signed else "",
            account=caller.principal.account if caller else "",
        )
        try:
            return permission.check(message, caller, place, self._control)
        except PolicyError as error:
            raise RefusedError("malformed_policy", str(error)) from error


def _unsigned_service(message: Message) -> str:
    """S3 alone knows callers without a name; anything else wants a signature."""
    form = message.header("Content-Type").startswith("application/x-www-form-url")
    return "unknown" if message.target or form else "s3"

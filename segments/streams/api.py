"""The collect API: events come in.

These views answer plain Django requests: what Django REST framework does before
it calls a view would take longer than all that is done here. They are API views
all the same, so that the OpenAPI schema has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.views import APIView

from lyticsapp.accounts.api import authenticate_token, error_response, json_response
from lyticsapp.accounts.models import Scope
from lyticsapp.accounts.tokens import AuthenticatedToken
from segments.streams import schema, upload
from segments.streams.accept import Accepted, accept
from segments.streams.call import Call
from segments.streams.csv_rows import read_csv
from segments.streams.errors import CallError, NotStoredError, UnknownFormatError
from segments.streams.json_body import read_json
from segments.streams.json_lines import read_json_lines
from segments.streams.parameters import read_call, read_dialect, refuse_csv_parameters
from segments.streams.records import Record, Rejected
from segments.streams.upload import Line

DEFAULT_STREAM = "default"
JSON = "application/json"
JSON_LINES_TYPES = frozenset(
    {JSON, "application/jsonl", "application/x-ndjson", "application/ndjson"}
)
CSV_TYPES = frozenset({"application/csv", "text/csv"})

Reader = Callable[[Iterable[Line]], Iterator[Record | Rejected]]


class CollectView(APIView):
    """Knows the caller and answers refusals, for the views below."""

    scope = Scope.DATA

    def dispatch(
        self, request: Any, *args: Any, stream: str = DEFAULT_STREAM, **kwargs: Any
    ) -> HttpResponse:
        try:
            token = authenticate_token(request, self.scope)
            if request.method != "POST":
                raise MethodNotAllowed(request.method)
            return self.post(request, token, stream)
        except CallError as error:
            return _refusal(error)
        except (OperationalError, InterfaceError) as error:
            return _refusal(NotStoredError.because_of(error))
        except APIException as error:
            return error_response(error)

    def post(
        self, request: HttpRequest, token: AuthenticatedToken, stream: str
    ) -> HttpResponse:
        """Take the events of a call that may be made."""
        raise NotImplementedError


class CollectJsonView(CollectView):
    """`POST /collect/json/{stream}`: an object or an array of objects."""

    @schema.COLLECT_JSON
    def post(
        self, request: HttpRequest, token: AuthenticatedToken, stream: str
    ) -> HttpResponse:
        call = read_call(token, stream, request.GET, unit="Record")
        body = upload.read_body(
            request,
            max_bytes=settings.COLLECT_MAX_CALL_BYTES,
            advice="and belongs to /collect/bulk, as JSON lines or CSV.",
        )
        return _answer(call, accept(call, read_json(body, call)), JSON)


class CollectBulkView(CollectView):
    """`POST /collect/bulk/{stream}`: JSON lines or CSV, as they are or in gzip."""

    @schema.COLLECT_BULK
    def post(
        self, request: HttpRequest, token: AuthenticatedToken, stream: str
    ) -> HttpResponse:
        call = read_call(token, stream, request.GET, unit="Line")
        read = _reader(request, call)
        most = settings.COLLECT_MAX_BULK_BYTES
        with upload.spool(request, max_bytes=most, advice="in all.") as file:
            blocks = upload.unpacked(file, max_bytes=most)
            lines = upload.lines(blocks, max_bytes=call.max_record_bytes)
            accepted = accept(call, read(lines))
        return _answer(call, accepted, request.content_type or "")


def _reader(request: HttpRequest, call: Call) -> Reader:
    """The reader of what the request declares to hold."""
    declared = (request.content_type or "").lower()
    if declared in CSV_TYPES:
        dialect = read_dialect(request.GET)
        return lambda lines: read_csv(lines, call, dialect)
    if declared in JSON_LINES_TYPES:
        refuse_csv_parameters(request.GET)
        return lambda lines: read_json_lines(lines, call)
    raise UnknownFormatError


def _refusal(error: CallError) -> HttpResponse:
    return json_response(None, status=error.status, message=str(error))


def _answer(call: Call, accepted: Accepted, content_type: str) -> HttpResponse:
    return json_response(
        {
            "message_count": accepted.message_count,
            "rejected_count": accepted.rejected_count,
            "content-type": content_type,
            "droperrors": call.droperrors,
            "dryrun": call.dryrun,
            "timestamp_field": call.timestamp_field,
            "filename": call.filename,
        }
    )

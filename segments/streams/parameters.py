"""The parameters of a collect call, from its address."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from lyticsapp.accounts.query import bool_param
from lyticsapp.accounts.tokens import AuthenticatedToken
from segments.streams.call import Call
from segments.streams.csv_rows import Dialect
from segments.streams.errors import BadCallError, BadRecordError
from segments.streams.records import flatten, shown

MAX_FILENAME_LENGTH = 300
CSV_ONLY = ("headers", "delimiter", "append")
_DELIMITERS = {"": ",", ",": ",", "t": "\t", "\t": "\t", "|": "|"}
_STREAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}")


def read_call(
    token: AuthenticatedToken, stream: str, params: QueryDict, *, unit: str
) -> Call:
    """The call these parameters describe; raises BadCallError, ParseError."""
    return Call(
        account_id=token.account_id,
        stream=_stream(stream),
        identity_fields=token.identity_fields,
        received_at=timezone.now(),
        max_record_bytes=settings.COLLECT_MAX_RECORD_BYTES,
        timestamp_field=params.get("timestamp_field", ""),
        filename=_filename(params.get("filename", "")),
        droperrors=bool_param(params, "droperrors", default=False),
        dryrun=bool_param(params, "dryrun", default=False),
        unit=unit,
    )


def read_dialect(params: QueryDict) -> Dialect:
    """How the rows of a CSV upload are to be read; raises BadCallError."""
    delimiter = _DELIMITERS.get(params.get("delimiter", ""))
    if delimiter is None:
        raise BadCallError('delimiter must be "," or "|", or "t" for a tab.')
    return Dialect(
        delimiter=delimiter,
        headers=_headers(params.get("headers", "")),
        append=_append(params.get("append", "")),
    )


def refuse_csv_parameters(params: QueryDict) -> None:
    """Say of parameters that only CSV has that they mean nothing here."""
    for name in CSV_ONLY:
        if params.get(name):
            raise BadCallError(f"{name} is for CSV; this upload is JSON lines.")


def _headers(text: str) -> Sequence[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise BadCallError(f"headers is not a list of names: {error}.") from error


def _append(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = orjson.loads(text)
        if type(value) is dict:
            return dict(flatten(value))
    except orjson.JSONDecodeError as error:
        raise BadCallError(f"append is not valid JSON: {error.msg}.") from error
    except BadRecordError as error:
        raise BadCallError(f"append: {error}") from error
    raise BadCallError("append must be a JSON object.")


def _stream(name: str) -> str:
    if _STREAM.fullmatch(name) is None:
        raise BadCallError(
            f'The stream name "{shown(name)}" is not valid: it is made of 1 to 100'
            " letters, digits and _ - . : and begins with a letter, a digit or _."
        )
    return name


def _filename(name: str) -> str:
    if len(name) > MAX_FILENAME_LENGTH:
        raise BadCallError(f"filename is longer than {MAX_FILENAME_LENGTH} characters.")
    if "\0" in name:
        raise BadCallError("filename holds the character %00.")
    return name

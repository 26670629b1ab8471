"""An HTTP request as it arrived, of which moto has not read anything yet."""

from __future__ import annotations

import json
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request

from lyticsapp.local.cloud.aws.errors import RefusedError

MAX_BODY_BYTES = 64 * 1024 * 1024


class Message:
    """Reads a WSGI environment; what it reads of the body, it puts back."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        raw = environ.get("RAW_URI", "/")
        if "://" in raw:
            raw = "/" + raw.split("://", 1)[1].partition("/")[2]
        self.raw_path, _, self.raw_query = raw.partition("?")

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self.environ.get("PATH_INFO", "/"))

    def header(self, name: str) -> str:
        """The header's value, empty where there is none."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        return str(self.environ.get(key, ""))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; one without a value has an empty one."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def body(self) -> bytes:
        request = Request(self.environ)
        request.max_content_length = MAX_BODY_BYTES
        body = request.get_data()
        self.environ["wsgi.input"] = BytesIO(body)
        return body

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The call's parameters, of JSON or of a form; not for S3.

        Raises RefusedError for JSON that is none.
        """
        if not self.target:
            return self.query | dict(parse_qsl(self.body.decode("latin-1")))
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise RefusedError("malformed")
        return parsed

    @property
    def target(self) -> str:
        """The operation's name where the header tells it, as JSON protocols do."""
        return self.header("X-Amz-Target").rpartition(".")[2]

    def replace_body(self, body: bytes) -> None:
        """Send moto this body instead."""
        self.environ["wsgi.input"] = BytesIO(body)
        self.environ["CONTENT_LENGTH"] = str(len(body))

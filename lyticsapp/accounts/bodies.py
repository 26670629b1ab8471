"""How API requests are read: JSON whatever type is declared, answers always JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonParser(BaseParser):
    """Reads a JSON body; says where it is not valid."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return read_json(stream.read())


class Negotiation(BaseContentNegotiation):
    """Takes a view's first parser unless another fits, and its first renderer.

    `curl -d` declares a form where it sends JSON, and clients that ask for
    `text/html` still expect the documented JSON.
    """

    def select_parser(
        self, request: Request, parsers: Iterable[BaseParser]
    ) -> BaseParser:
        offered = list(parsers)
        declared = request.content_type.partition(";")[0].strip().lower()
        fitting = (each for each in offered if each.media_type == declared)
        return next(fitting, offered[0])

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


def read_json(body: bytes) -> Any:
    """The JSON value; raises ParseError, with the position."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ParseError(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, "
            f"column {error.colno}."
        ) from error
    if b"\\u0000" in body and _holds_nul(value):
        raise ParseError(
            "The body holds the character \\u0000, which cannot be stored."
        )
    return value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(each) for key, each in value.items())
    return isinstance(value, list) and any(_holds_nul(each) for each in value)

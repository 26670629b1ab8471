"""Taking in what a call sends, and cutting it into lines, in constant memory.

A bulk upload is first written to a temporary file: a client that sends slowly,
or breaks off, must not hold a transaction open.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from typing import IO, NamedTuple

from django.http import HttpRequest

from segments.streams.errors import (
    BadCallError,
    LengthRequiredError,
    NotStoredError,
    TooLargeError,
)

BLOCK_BYTES = 256 * 1024
SPOOL_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib's number for "gzip, with its header and checksum"
BROKEN_OFF = "The call broke off before its end. Nothing was stored."
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line of an upload, without its end."""

    number: int
    text: bytes
    is_cut: bool
    """Whether the line was longer than what is kept of it."""


def read_body(request: HttpRequest, *, max_bytes: int, advice: str) -> bytes:
    """The whole body of a call that is small enough for memory."""
    expected = _declared_length(request)
    if expected is None:
        return b"".join(_blocks_of(request, max_bytes, advice))
    _refuse_larger(expected, max_bytes, advice)
    try:
        body = request.body
    except OSError as error:
        raise BadCallError(BROKEN_OFF) from error
    if len(body) != expected:
        raise BadCallError(BROKEN_OFF)
    return body


def spool(request: HttpRequest, *, max_bytes: int, advice: str) -> IO[bytes]:
    """The body in a temporary file, from its beginning."""
    with ExitStack() as unless_whole:
        file: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115
        unless_whole.callback(file.close)
        for block in _blocks_of(request, max_bytes, advice):
            _write(file, block)
        file.seek(0)
        unless_whole.pop_all()
    return file


def _write(file: IO[bytes], block: bytes) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise NotStoredError(
            f"The upload could not be written to a temporary file: {error}. Nothing"
            " was stored."
        ) from error


def unpacked(file: IO[bytes], *, max_bytes: int) -> Iterator[bytes]:
    """The text of an upload in blocks; what begins like gzip is unpacked."""
    blocks = iter(lambda: file.read(BLOCK_BYTES), b"")
    first = next(blocks, b"")
    blocks = chain((first,), blocks)
    total = 0
    for block in _gunzipped(blocks) if first.startswith(GZIP_MAGIC) else blocks:
        total += len(block)
        _refuse_larger(total, max_bytes, "unpacked; split it into several uploads.")
        yield block


def lines(blocks: Iterable[bytes], *, max_bytes: int) -> Iterator[Line]:
    """The lines of a text; of one that is longer than the limit, its beginning."""
    number, rest, is_cut = 1, b"", False
    for block in blocks:
        *whole, last = block.split(b"\n")
        for text in whole:
            text = rest + text if rest else text
            cut = is_cut or len(text) > max_bytes
            yield _line(number, text[:max_bytes] if cut else text, cut)
            number, rest, is_cut = number + 1, b"", False
        is_cut = is_cut or len(rest) + len(last) > max_bytes
        rest = (rest + last)[:max_bytes]
    if rest or is_cut:
        yield _line(number, rest, is_cut)


def _line(number: int, text: bytes, is_cut: bool) -> Line:
    return Line(
        number, text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text, is_cut
    )


def _blocks_of(request: HttpRequest, max_bytes: int, advice: str) -> Iterator[bytes]:
    expected = _declared_length(request)
    _refuse_larger(expected or 0, max_bytes, advice)
    source = request if expected is not None else _chunked_input(request)
    received = 0
    try:
        while block := source.read(BLOCK_BYTES):
            received += len(block)
            _refuse_larger(received, max_bytes, advice)
            yield block
    except OSError as error:
        raise BadCallError(BROKEN_OFF) from error
    if expected is not None and received != expected:
        raise BadCallError(BROKEN_OFF)


def _declared_length(request: HttpRequest) -> int | None:
    """The length of the body; None where it comes in chunks."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _chunked_input(request: HttpRequest) -> IO[bytes]:
    """The server's own stream: Django gives none where no length is declared."""
    if not request.META.get("wsgi.input_terminated"):
        raise LengthRequiredError
    stream: IO[bytes] = request.META["wsgi.input"]
    return stream


def _refuse_larger(size: int, max_bytes: int, advice: str) -> None:
    if size > max_bytes:
        raise TooLargeError(
            f"The call is larger than {max_bytes} bytes {advice} Nothing was stored."
        )


def _gunzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip data of one or more members; raises BadCallError."""
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        for block in blocks:
            while block:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(GZIP_WINDOW)
                text = unpacker.decompress(block, BLOCK_BYTES)
                block = unpacker.unconsumed_tail or unpacker.unused_data
                while text:
                    yield text
                    text = unpacker.decompress(b"", BLOCK_BYTES)
    except zlib.error as error:
        raise BadCallError(
            f"The upload is not valid gzip: {error}. Nothing was stored."
        ) from error
    if not unpacker.eof:
        raise BadCallError("The gzip data ends too early. Nothing was stored.")

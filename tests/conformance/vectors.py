"""The vector files: one recorded answer of the engine a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from segments.filterql import FilterQLError, Node, Statement
from segments.filterql.expressions import parse_expression
from segments.filterql.nodes import walk
from segments.filterql.statements import parse_filter, parse_filters
from segments.filterql.tokens import Kind, Scanner, Token

FILES = ("parse_ok", "parse_error", "eval", "functions", "matrix", "datemath")
UNKNOWN_KINDS = ("struct", "json")


@dataclass(frozen=True)
class Vector:
    """A text, what it is asked about, and what the engine answered."""

    data: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def kind(self) -> str:
        return str(self.data["kind"])

    @property
    def expect(self) -> dict[str, Any]:
        found: dict[str, Any] = self.data["expect"]
        return found

    @property
    def context(self) -> dict[str, Any]:
        return self.data.get("context") or {}

    @property
    def text(self) -> str:
        return str(self.data["ql"])

    @property
    def is_expression(self) -> bool:
        return self.kind == "expr"

    @property
    def is_refused(self) -> bool:
        """The engine did not read the text."""
        return "parse_error" in self.expect or self.data["file"] == "parse_error"

    @property
    def breaks_the_engine(self) -> bool:
        """It panicked, hung, or read nothing where something stands."""
        return "panic" in self.expect or "hang" in self.expect

    @property
    def holds_unknown_kinds(self) -> bool:
        """Values that profiles never hold."""
        types = self.data.get("types") or {}
        return any(kind in UNKNOWN_KINDS for kind in types.values())

    def parse(self) -> Statement | Node:
        read = parse_expression if self.is_expression else parse_filter
        return read(self.text)

    @cached_property
    def included(self) -> dict[str, Statement]:
        """The filters that INCLUDE may name, as the engine's tests look them up."""
        statements = parse_filters(self.data.get("includes") or "")
        return {found.alias: found for found in statements if found.alias}

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every part of the expression, none where we do not read it."""
        try:
            source = self.parse()
        except FilterQLError:
            return ()
        node = source.expression if isinstance(source, Statement) else source
        return tuple(walk(node)) if node else ()

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens of the text, as far as they can be told apart."""
        return tuple(_tokens(self.text, self.is_expression))


def _tokens(text: str, is_expression: bool) -> Iterator[Token]:
    scanner = Scanner(text, single_quotes_are_text=is_expression)
    try:
        while scanner.peek().kind is not Kind.END:
            yield scanner.advance()
    except FilterQLError:
        return


def read(directory: Path, name: str) -> list[Vector]:
    if name == "matrix":
        return _matrix(directory)
    with (directory / f"{name}.jsonl").open() as lines:
        found = [Vector({**json.loads(line), "file": name}) for line in lines]
    return [vector for vector in found if not vector.holds_unknown_kinds]


def _matrix(directory: Path) -> list[Vector]:
    """Every operator between any two types: the rows share one context."""
    shared = json.loads((directory / "matrix.json").read_text())
    asked = {"context": shared["context"], "types": shared["types"], "file": "matrix"}
    with (directory / "matrix.jsonl").open() as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Vector(
            asked
            | {
                "id": f"matrix-{number}",
                "kind": "filter",
                "ql": f"FILTER {text}",
                "expect": _row_answer(value, match, ok),
            }
        )
        for number, (text, value, match, ok) in enumerate(rows, start=1)
    ]


def _row_answer(value: Any, match: bool, ok: bool) -> dict[str, Any]:
    if value in ("panic", "parse_error"):
        return {value: True}
    return {"match": match, "match_ok": ok}

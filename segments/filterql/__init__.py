"""FilterQL, the language of segments: parse, print, explain and evaluate filters.

Pure Python that knows nothing of this project; everything else may import it, through
the names below.
"""

from __future__ import annotations

from segments.filterql.answers import Answers, Condition
from segments.filterql.changes import Steps, moved_along
from segments.filterql.compiled import Compiled, Result
from segments.filterql.compiler import compile_filter
from segments.filterql.errors import FilterQLError
from segments.filterql.explaining import (
    Change,
    Explained,
    Explanation,
    Kind,
    Reading,
    explain,
)
from segments.filterql.expressions import parse_expression
from segments.filterql.includes import check_includes
from segments.filterql.nodes import Node
from segments.filterql.printer import format_expression, format_filter
from segments.filterql.references import EVERY_FIELD, fields_of, includes_of, uses_now
from segments.filterql.segment_ast import to_ast
from segments.filterql.segment_ast_reader import from_ast
from segments.filterql.sharing import Conditions, SharedFilter
from segments.filterql.statements import Statement, parse_filter, parse_filters
from segments.filterql.unknown import UnknownField, unknown_fields
from segments.filterql.values import Value

__all__ = [
    "EVERY_FIELD",
    "Answers",
    "Change",
    "Compiled",
    "Condition",
    "Conditions",
    "Explained",
    "Explanation",
    "FilterQLError",
    "Kind",
    "Node",
    "Reading",
    "Result",
    "SharedFilter",
    "Statement",
    "Steps",
    "UnknownField",
    "Value",
    "check_includes",
    "compile_filter",
    "explain",
    "fields_of",
    "format_expression",
    "format_filter",
    "from_ast",
    "includes_of",
    "moved_along",
    "parse_expression",
    "parse_filter",
    "parse_filters",
    "to_ast",
    "unknown_fields",
    "uses_now",
]

"""The conditions people write most, as Python.

A field beside a constant makes up nearly all conditions. What can be prepared of the
constant is prepared once, the types that the field usually holds are tried in the
generated code itself, and everything else goes the general way; the answers are the
same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from segments.filterql.closures import is_simple
from segments.filterql.coerce import as_float, to_float, to_int, to_text
from segments.filterql.constants import constant_of
from segments.filterql.datemath import Shift
from segments.filterql.dates import parse_date
from segments.filterql.like import PatternError, affixed, matcher
from segments.filterql.moving import shift_of
from segments.filterql.nodes import Between, Binary, Call, Exists, Field, Node, Text
from segments.filterql.shapes import Answering, Leaf, Shape, Template, answering_of
from segments.filterql.values import MISSING, Evaluator, Mixed, Values

SECOND = timedelta(seconds=1)
LARGEST_EXACT = 2**53
Limit = Callable[[datetime], datetime | None]
MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
IS_NUMBER = "(t := type(v := values.get({0}))) is int or t is float"
IS_TEXT = "type(v := values.get({0})) is str"
IS_TIME = "type(v := values.get({0})) is datetime"
IS_BOOL = "type(v := values.get({0})) is bool"


class _Case(NamedTuple):
    """What to do with one type of value, `v` in Python."""

    guard: str
    test: str
    may_miss: bool = False
    """Whether the test gives a value of any kind, not a bool."""


class _Prepared(NamedTuple):
    """A condition as cases over its operands; {2} is the first of its own."""

    cases: tuple[_Case, ...]
    operands: tuple[Any, ...]
    moments: tuple[int, ...] = ()
    """Which operands are functions of now, known as {m0}, {m1} …"""
    missing: Any = None
    """The answer where the field is missing; None where that is not known,"""
    null: Any = None
    """… and where it is null."""


def leaf_of(node: Node, general: Evaluator) -> Leaf:
    """The condition as Python; `general` answers for what is not expected."""
    if isinstance(node, Field) and is_simple(node):
        return _FIELD, (node.name,)
    if isinstance(node, Exists) and isinstance(node.operand, Field):
        if is_simple(node.operand):
            return _EXISTS, (node.operand.name,)
        return _general(node, general)
    field, prepared = _field_and_cases(node, general)
    if field is None or prepared is None or field.key is not None:
        return _general(node, general)
    operands = (field.name, general, *prepared.operands)
    root = "" if is_simple(field) else field.name.partition(".")[0]
    if root:
        operands = (*operands, root)
    template = _template(prepared, answering_of(node), len(operands), bool(root))
    return Shape("leaf", template=template), operands


_FIELD = Shape(
    "leaf",
    template=Template(
        1,
        "values.get({0}) is True",
        "values.get({0}) is False",
        "values.get({0}, MISSING)",
        Answering.LOOSE,
    ),
)
_EXISTS = Shape(
    "leaf",
    template=Template(
        1,
        "values.get({0}) is not None",
        "values.get({0}) is None",
        "values.get({0}) is not None",
    ),
)


def _general(node: Node, general: Evaluator) -> Leaf:
    template = Template(
        1,
        "{0}(values, now) is True",
        "{0}(values, now) is False",
        "{0}(values, now)",
        answering_of(node),
    )
    return Shape("leaf", template=template), (general,)


def _template(
    prepared: _Prepared, answering: Answering, operands: int, dotted: bool
) -> Template:
    last = "{" + str(operands - 1) + "}"
    root = f" and {last} not in values" if dotted else ""

    def text(seen: Callable[[Any], Any], form: str, suffix: str) -> str:
        parts = [
            f"{form.format(case.test) if not case.may_miss else case.test + suffix}"
            f" if {case.guard} else "
            for case in prepared.cases
        ]
        missing, null = seen(prepared.missing), seen(prepared.null)
        if prepared.missing is not None:
            shown = "MISSING" if missing is MISSING else missing
            alike = "" if missing is null else " and {0} not in values"
            parts.append(f"{shown} if v is None{alike}{root} else ")
        return "".join(parts) + "{1}(values, now)" + suffix

    return Template(
        operands,
        text(lambda value: value is True, "{}", " is True"),
        text(lambda value: value is False, "not ({})", " is False"),
        text(lambda value: value, "{}", ""),
        answering,
        moments=prepared.moments,
    )


def _field_and_cases(
    node: Node, general: Evaluator
) -> tuple[Field | None, _Prepared | None]:
    if isinstance(node, Between) and isinstance(node.operand, Field):
        return node.operand, _between(node)
    if not isinstance(node, Binary):
        return None, None
    if isinstance(node.left, Field):
        return node.left, _binary(node.operator, node.right, general)
    if isinstance(node.right, Field) and node.operator in MIRRORED:
        prepared = _comparison(MIRRORED[node.operator], node.left)
        if prepared is not None:
            prepared = prepared._replace(missing=None, null=None)
        return node.right, prepared
    return None, None


def _binary(operator: str, right: Node, general: Evaluator) -> _Prepared | None:
    if operator in MIRRORED:
        return _comparison(operator, right)
    constant = constant_of(right)
    if operator in ("IN", "INTERSECTS") and type(constant) is Mixed:
        return _one_of(constant, general)
    if operator == "CONTAINS" and type(constant) is str:
        return _text_test("{2} in v", constant, lambda v: constant in v, general)
    if operator == "LIKE" and type(constant) is str:
        return _like(constant, general)
    return None


# Comparisons


def _comparison(sign: str, right: Node) -> _Prepared | None:
    shift = shift_of(right)
    constant = constant_of(right)
    if shift is not None:
        case, limit = _beside_moment(sign, shift)
        prepared = _compared(sign, [case], (limit,), moments=(2,))
        # At the end of time todate() of a text has no value.
        ends = isinstance(right, Call) and right.name != "now"
        return prepared._replace(missing=None, null=None) if ends else prepared
    if type(constant) is str:
        return _beside_text(sign, constant)
    if type(constant) is bool and sign in ("==", "!="):
        test = "v is {2}" if sign == "==" else "v is not {2}"
        return _compared(sign, [_Case(IS_BOOL, test)], (constant,))
    if type(constant) in (int, float) and abs(constant) < LARGEST_EXACT:
        return _compared(sign, [_Case(IS_NUMBER, f"v {sign} {{2}}")], (constant,))
    return None


def _compared(
    sign: str,
    cases: list[_Case],
    operands: tuple[Any, ...],
    moments: tuple[int, ...] = (),
) -> _Prepared:
    if sign in ("==", "!="):
        unequal = sign == "!="
        return _Prepared(tuple(cases), operands, moments, unequal, unequal)
    return _Prepared(tuple(cases), operands, moments, False, MISSING)


def _beside_text(sign: str, constant: str) -> _Prepared | None:
    second = _second_of(parse_date(constant))
    if sign in ("==", "!="):
        return _compared(sign, [_Case(IS_TEXT, f"v {sign} {{2}}")], (constant,))
    if second is None:
        return None
    limit = _limit(sign, second)
    if limit is None:
        return None
    order = ">=" if sign in (">", ">=") else "<"
    return _compared(sign, [_Case(IS_TIME, f"v {order} {{2}}")], (limit,))


def _second_of(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)


def _limit(sign: str, second: datetime) -> datetime | None:
    """Times compare by whole seconds: a later moment of the same second is equal."""
    if sign not in (">", "<="):
        return second
    try:
        return second + SECOND
    except OverflowError:
        return None


def _beside_moment(sign: str, shift: Shift) -> tuple[_Case, Any]:
    if sign in ("==", "!="):
        test = "{m0}[0] <= v < {m0}[1]"
        case = _Case(IS_TIME, test if sign == "==" else f"not ({test})")
        return case, _both(_limit_from(">=", shift), _limit_from(">", shift))
    order = ">=" if sign in (">", ">=") else "<"
    return _Case(IS_TIME, f"v {order} {{m0}}"), _limit_from(sign, shift)


def _limit_from(sign: str, shift: Shift) -> Limit:
    """The limit as a function of now; None at the end of time."""

    def limit(now: datetime) -> datetime | None:
        second = _second_of(shift(now))
        return None if second is None else _limit(sign, second)

    return limit


def _between(node: Between) -> _Prepared | None:
    """Both ends are outside."""
    low, high = constant_of(node.low), constant_of(node.high)
    if {type(low), type(high)} <= {int, float}:
        return _between_numbers(low, high)
    ends = [_end(">", node.low), _end("<", node.high)]
    if None in ends:
        return None
    low_end, high_end = ends
    if callable(low_end) or callable(high_end):
        case = _Case(IS_TIME, "{m0}[0] <= v < {m0}[1]")
        limits = _both(_always(low_end), _always(high_end))
        return _Prepared((case,), (limits,), (2,), MISSING, MISSING)
    case = _Case(IS_TIME, "{2} <= v < {3}")
    return _Prepared((case,), (low_end, high_end), (), MISSING, MISSING)


def _always(end: datetime | Limit | None) -> Limit:
    return end if callable(end) else lambda now: end


def _both(low: Limit, high: Limit) -> Callable[[datetime], tuple[Any, Any]]:
    """Two limits; without one of them neither, for nothing compares with None."""

    def limits(now: datetime) -> tuple[Any, Any]:
        found = low(now), high(now)
        return (None, None) if None in found else found

    return limits


def _between_numbers(low: int | float, high: int | float) -> _Prepared | None:
    """The type of the value decides how the ends are read."""
    if max(abs(low), abs(high)) >= LARGEST_EXACT:
        return None
    wholes = to_int(low), to_int(high)
    if None in wholes:
        return None
    cases = (
        _Case("type(v := values.get({0})) is int", "{2} < v < {3}"),
        _Case("type(v) is float", "{4} < v < {5}"),
    )
    operands = (*wholes, as_float(low), as_float(high))
    return _Prepared(cases, operands, (), MISSING, MISSING)


def _end(sign: str, node: Node) -> datetime | Limit | None:
    shift = shift_of(node)
    if shift is not None:
        return _limit_from(sign, shift)
    second = _second_of(parse_date(node.value)) if isinstance(node, Text) else None
    return None if second is None else _limit(sign, second)


# IN, CONTAINS and LIKE


def _one_of(constants: Mixed, general: Evaluator) -> _Prepared | None:
    if None in constants:
        return None
    texts = frozenset(to_text(item) for item in constants)
    wholes = frozenset(to_int(item) for item in constants)
    numbers = frozenset(
        to_float(item) for item in constants if type(item) in (str, int, float)
    )
    cases = (
        _Case(IS_TEXT, "v in {2}"),
        _Case("type(v) is int", "v in {3}"),
        _Case("type(v) is float", "v in {4}"),
        _Case("type(v) is list", "{5}(v, values, now)", may_miss=True),
    )
    any_of = _any_text(texts.__contains__, general)
    return _Prepared(cases, (texts, wholes, numbers, any_of), (), False, MISSING)


def _like(pattern: str, general: Evaluator) -> _Prepared | None:
    try:
        matches = matcher(pattern)
    except PatternError:
        return None
    test, operand = affixed(pattern) or ("{2}(v)", matches)
    return _text_test(test, operand, matches, general)


def _text_test(
    test: str,
    operand: Any,
    holds: Callable[[str], bool],
    general: Evaluator,
) -> _Prepared:
    """A test of a text, or of the texts of a list."""
    cases = (
        _Case(IS_TEXT, test),
        _Case("type(v) is list", "{3}(v, values, now)", may_miss=True),
    )
    return _Prepared(cases, (operand, _any_text(holds, general)), (), False, MISSING)


def _any_text(
    holds: Callable[[str], bool], general: Evaluator
) -> Callable[[list[Any], Values, datetime], Any]:
    """Whether the test holds for one of the texts of a list."""

    def any_text(items: list[Any], values: Values, now: datetime) -> Any:
        for item in items:
            if type(item) is not str:
                return general(values, now)
            if holds(item):
                return True
        return False

    return any_text

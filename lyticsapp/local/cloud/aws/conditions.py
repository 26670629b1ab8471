"""The Condition element of a policy's statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lyticsapp.local.cloud.aws.errors import PolicyError
from lyticsapp.local.cloud.aws.wildcards import filled, matches

Context = Mapping[str, str]
Test = Callable[[str, str, Context], bool]
QUANTIFIERS = ("ForAllValues:", "ForAnyValue:")
ARN_PARTS = 6


def hold(block: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether all conditions hold; `context` has its keys in lower case.

    Raises PolicyError for an operator that AWS does not have.
    """
    return all(
        _holds(operator, as_list(wanted), context.get(key.lower()), context)
        for operator, keys in block.items()
        for key, wanted in keys.items()
    )


def as_list(value: Any) -> list[Any]:
    """JSON's one or many, as many."""
    return value if isinstance(value, list) else [value]


def _holds(
    operator: str, wanted: Sequence[Any], actual: str | None, context: Context
) -> bool:
    if operator == "Null":
        return str(actual is None).lower() in [_text(value) for value in wanted]
    quantifier = next((q for q in QUANTIFIERS if operator.startswith(q)), "")
    name = operator.removeprefix(quantifier).removesuffix("IfExists")
    test, negated = _test(name)
    if actual is None:
        # What is absent is equal to nothing, and every one of no values is.
        return (
            operator.endswith("IfExists")
            or quantifier == "ForAllValues:"
            or (negated and not quantifier)
        )
    return negated != any(test(_text(value), actual, context) for value in wanted)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _test(name: str) -> tuple[Test, bool]:
    """The test behind an operator, and whether the operator denies it."""
    if name in TESTS:
        return TESTS[name], False
    positive = NEGATIONS.get(name)
    if positive is None:
        raise PolicyError(f"Condition: there is no operator {name}.")
    return TESTS[positive], True


def _equal(wanted: str, actual: str, context: Context) -> bool:
    return filled(wanted, context) == actual


def _equal_ignoring_case(wanted: str, actual: str, context: Context) -> bool:
    text = filled(wanted, context)
    return text is not None and text.lower() == actual.lower()


def _arn_like(wanted: str, actual: str, context: Context) -> bool:
    patterns = wanted.split(":", ARN_PARTS - 1)
    parts = actual.split(":", ARN_PARTS - 1)
    return len(patterns) == len(parts) == ARN_PARTS and all(
        matches(pattern, part, context)
        for pattern, part in zip(patterns, parts, strict=True)
    )


def _in_network(wanted: str, actual: str, context: Context) -> bool:
    try:
        network = ipaddress.ip_network(wanted, strict=False)
        return ipaddress.ip_address(actual) in network
    except ValueError:
        return False


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _compare(parse: Callable[[str], Any], holds: Callable[[Any, Any], bool]) -> Test:
    """A test of two numbers or dates; what is none fails it."""

    def test(wanted: str, actual: str, context: Context) -> bool:
        try:
            return holds(parse(actual), parse(wanted))
        except ValueError:
            return False

    return test


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda actual, wanted: bool(actual == wanted),
    "LessThan": lambda actual, wanted: bool(actual < wanted),
    "LessThanEquals": lambda actual, wanted: bool(actual <= wanted),
    "GreaterThan": lambda actual, wanted: bool(actual > wanted),
    "GreaterThanEquals": lambda actual, wanted: bool(actual >= wanted),
}
TESTS: dict[str, Test] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": matches,
    "Bool": _equal_ignoring_case,
    "BinaryEquals": _equal,
    "IpAddress": _in_network,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    **{f"Numeric{name}": _compare(float, COMPARISONS[name]) for name in COMPARISONS},
    **{f"Date{name}": _compare(_moment, COMPARISONS[name]) for name in COMPARISONS},
}
NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}

"""Numbers as they are written."""

from __future__ import annotations


def number_of(text: str) -> int | float | None:
    """A literal's value: whole numbers of 64 bits are int, all others float."""
    if text.startswith("0x"):
        return _fitting(int(text, 16))
    if text.isdigit():
        return _fitting(int(text)) if len(text) < 400 else None
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return None
    return _fitting(int(value)) if value.is_integer() else value


def _fitting(value: int) -> int | float | None:
    if -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        return None

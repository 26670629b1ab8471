"""What the builder calls the operators of FilterQL, and how many values each takes."""

from __future__ import annotations

import re

COMPARISONS = frozenset(("==", "!=", ">", ">=", "<", "<="))
ANY_OF = frozenset(("contains", "like"))
"""These take one value, or several of which any will do."""
LISTS = frozenset(("in", "intersects"))
FROM_NOW = {
    "in_last": (">", "-"),
    "before_last": ("<", "-"),
    "after_next": (">", "+"),
    "in_next": ("<", "+"),
}
UNITS = ("y", "M", "w", "d", "h", "m", "s")
_RELATIVE = re.compile(rf"now([+-])([1-9]\d{{0,5}})([{''.join(UNITS)}])")
_BY_SIGNS = {signs: name for name, signs in FROM_NOW.items()}


def from_now(operator: str, text: str) -> tuple[str, int, str] | None:
    """The operator, amount and unit that a comparison with a time from now is."""
    found = _RELATIVE.fullmatch(text)
    name = _BY_SIGNS.get((operator, found[1])) if found else None
    return (name, int(found[2]), found[3]) if found and name else None

"""Functions on texts. Positions and lengths count bytes of UTF-8, as in the engine."""

from __future__ import annotations

from typing import Any

from segments.filterql.coerce import is_nil, scalar_text, to_int, to_text
from segments.filterql.functions.registry import function
from segments.filterql.limits import LONGEST_RESULT
from segments.filterql.values import MISSING, Shape, Texts, shape_of

BLANKS = " \n\t\r"


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def if_short(text: str) -> Any:
    """The text, unless it has become longer than any may."""
    return text if len(text) <= LONGEST_RESULT else MISSING


@function("tolower(x)", 1, aliases=("string.lowercase",))
def lowercase(value: Any) -> Any:
    """The text in lower case."""
    text = scalar_text(value)
    return MISSING if text is None else text.lower()


@function("string.uppercase(x)", 1)
def uppercase(value: Any) -> Any:
    """The text in upper case."""
    text = scalar_text(value)
    return MISSING if text is None else text.upper()


@function("string.titlecase(x)", 1)
def titlecase(value: Any) -> Any:
    """The text with the first letter of each word in upper case."""
    text = scalar_text(value)
    if text is None:
        return MISSING
    starts = (index == 0 or _divides(text[index - 1]) for index in range(len(text)))
    pairs = zip(text, starts, strict=True)
    return "".join(char.title() if start else char for char, start in pairs)


def _divides(char: str) -> bool:
    if char.isalnum() or char == "_":
        return False
    return char.isspace() or char.isascii()


@function("strip(x)", 1, aliases=("string.strip",))
def strip(value: Any) -> Any:
    """The text, or each text of a list, without blanks around it."""
    if type(value) is str:
        return value.strip(BLANKS)
    if shape_of(value) is Shape.TEXTS:
        return Texts(text.strip(BLANKS) for text in value)
    return MISSING


@function("split(x, separator)", 2, aliases=("string.split",))
def split(value: Any, separator: Any) -> Any:
    """The parts of a text."""
    text, divider = scalar_text(value), scalar_text(separator)
    return Texts(text.split(divider)) if text and divider else MISSING


@function("join(x, …, separator)", (2, None))
def join(*values: Any) -> Any:
    """Texts, numbers and the items of lists in one text; empty ones are left out."""
    separator = scalar_text(values[-1])
    if separator is None:
        return MISSING
    parts: list[str] = []
    for value in values[:-1]:
        if isinstance(value, list):
            parts += [to_text(item) or "" for item in value]
        elif type(value) in (str, int, float) and to_text(value):
            parts.append(to_text(value) or "")
    length = sum(map(len, parts)) + len(separator) * len(parts)
    return separator.join(parts) if parts and length <= LONGEST_RESULT else MISSING


@function("replace(x, old[, new])", (2, 3))
def replace(value: Any, old: Any, new: Any = None) -> Any:
    """The text with every old part replaced, or removed."""
    text, part, other = (to_text(given) or "" for given in (value, old, new))
    length = len(text) + text.count(part) * (len(other) - len(part))
    return text.replace(part, other) if length <= LONGEST_RESULT else MISSING


@function("contains(x, part)", 2)
def contains(value: Any, part: Any) -> Any:
    """Whether the text has the part."""
    text, wanted = scalar_text(value), scalar_text(part)
    if text is None or wanted is None:
        return False
    return wanted in text if text and wanted else MISSING


@function("hasprefix(x, start)", 2)
def hasprefix(value: Any, start: Any) -> Any:
    """Whether the text begins so."""
    prefix = to_text(start)
    return (to_text(value) or "").startswith(prefix) if prefix else MISSING


@function("hassuffix(x, end)", 2)
def hassuffix(value: Any, end: Any) -> Any:
    """Whether the text ends so."""
    suffix = to_text(end)
    return (to_text(value) or "").endswith(suffix) if suffix else MISSING


@function("string.index(x, part)", 2)
def index(value: Any, part: Any) -> Any:
    """Where in the text the part begins, counted from 0."""
    if is_nil(value):
        return MISSING
    found = bytes_of(to_text(value) or "").find(bytes_of(to_text(part) or ""))
    return MISSING if found < 0 else found


@function("string.substr(x, from[, to])", (2, 3))
def substr(value: Any, *ends: Any) -> Any:
    """The text from one position, counted from 0, up to another."""
    data = bytes_of(to_text(value) or "")
    places = [to_int(end) for end in ends]
    if is_nil(value) or any(place is None or place < 0 for place in places):
        return MISSING
    first, last = (*places, len(data))[:2]
    assert first is not None
    assert last is not None
    if first > len(data) or last > len(data) or last < first:
        return MISSING
    return data[first:last].decode("utf-8", "replace")


@function("len(x)", 1, aliases=("char_length",))
def length(value: Any) -> Any:
    """The length of a text, a list or a map; 0 for any other value."""
    shape = shape_of(value)
    if shape is Shape.TEXT:
        return len(bytes_of(value))
    if shape in (Shape.MIXED, Shape.TEXTS):
        return len(value)
    if shape is Shape.MAP:
        return _map_length(value)
    return MISSING if shape in (Shape.NULL, Shape.OTHER) else 0


def _map_length(value: dict[str, Any]) -> Any:
    """Maps of times and of booleans have none in the engine."""
    kinds = {shape_of(item) for item in value.values()}
    uniform = type(value) is dict and len(kinds) == 1
    return MISSING if uniform and kinds <= {Shape.TIME, Shape.BOOL} else len(value)

"""What an expression refers to: fields, other filters, the clock."""

from __future__ import annotations

from segments.filterql import functions
from segments.filterql.datemath import shifter
from segments.filterql.nodes import Call, Field, Include, Node, Text, walk
from segments.filterql.statements import Statement

EVERY_FIELD = "*"


def _node_of(source: Statement | Node | None) -> Node | None:
    return source.expression if isinstance(source, Statement) else source


def fields_of(source: Statement | Node | None) -> frozenset[str]:
    """The fields whose change can change the answer.

    `scores.momentum` may be a field of that name or a key of a map `scores`, so both
    names are given. EVERY_FIELD is among them where any field can change it.
    """
    node = _node_of(source)
    found: set[str] = set()
    for part in walk(node) if node else ():
        if isinstance(part, Field):
            found.update(_names(part))
        elif isinstance(part, Call) and _reads_every_field(part):
            found.add(EVERY_FIELD)
    return frozenset(found)


def _names(field: Field) -> tuple[str, ...]:
    if field.key is not None:
        return (field.name, f"{field.name}.{field.key}")
    if field.whole or "." not in field.name:
        return (field.name,)
    return (field.name, field.name.partition(".")[0])


def _reads_every_field(call: Call) -> bool:
    function = functions.find(call.name)
    return function is not None and function.reads_every_field


def includes_of(source: Statement | Node | None) -> frozenset[str]:
    """The aliases and ids of the filters it names, lower-cased."""
    node = _node_of(source)
    parts = walk(node) if node else ()
    return frozenset(part.name for part in parts if isinstance(part, Include))


def uses_now(source: Statement | Node | None) -> bool:
    """Whether the answer depends on the present moment.

    Included filters, and texts such as "now-1d" in a profile's values, are aside.
    """
    node = _node_of(source)
    return any(_reads_clock(part) for part in walk(node)) if node else False


def _reads_clock(node: Node) -> bool:
    if isinstance(node, Text):
        return node.value[:3].lower() == "now" and shifter(node.value) is not None
    if isinstance(node, Call):
        function = functions.find(node.name)
        return function is not None and function.reads_clock
    return False

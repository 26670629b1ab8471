"""How a part of an expression moves as time passes, by what it is made of."""

from __future__ import annotations

from segments.filterql import functions
from segments.filterql.datemath import Shift, shifter
from segments.filterql.motion import (
    ONE_WAY,
    RESTLESS,
    STILL,
    Grain,
    Motion,
    moment_at,
    together,
)
from segments.filterql.nodes import (
    ARITHMETIC,
    COMPARISONS,
    Array,
    Between,
    Binary,
    Call,
    Group,
    Minus,
    Node,
    Number,
    Text,
    children,
)

LARGEST_FACTOR = 1_000
"""By what a number of the present may be multiplied and surely fit into 64 bits."""


def shift_of(node: Node) -> Shift | None:
    """The distance from now that a node stands for."""
    if isinstance(node, Call) and node.name == "now":
        return Shift()
    if isinstance(node, Call) and node.name == "todate" and len(node.arguments) == 1:
        return shift_of(node.arguments[0])
    return shifter(node.value) if isinstance(node, Text) else None


def motion_of(node: Node) -> Motion:
    """How the value of a node moves; of an included filter nothing is told."""
    match node:
        case Binary(operator, left, right) if operator in COMPARISONS:
            return beside(side_motion(left), side_motion(right))
        case Between(operand, low, high):
            value = motion_of(operand)
            return together(beside(value, side_motion(end)) for end in (low, high))
        case Binary(operator, left, right) if operator in ARITHMETIC:
            return _calculated(operator, left, right)
        case Minus(operand):
            motion = motion_of(operand)
            return ONE_WAY if motion.goes_one_way else together((motion,))
        case Call():
            return _of_call(node)
        case Array() | Group() | Binary():
            return together(map(motion_of, children(node)))
    return together(_decided(motion_of(child)) for child in children(node))


def side_motion(node: Node) -> Motion:
    """Of one side of a comparison, where a text may be a moment."""
    shift = shift_of(node)
    return motion_of(node) if shift is None else moment_at(shift)


def _decided(motion: Motion) -> Motion:
    """Of what is asked whether it is true, which no moment is."""
    return STILL if motion.shift is not None else motion


def beside(one: Motion, other: Motion) -> Motion:
    """Of how two values stand to each other.

    Where one of them stands still, and the other goes one way or is a moment, it is
    told by itself when they meet.
    """
    if one.shift is not None and other.shift is not None:
        even = one.goes_one_way and other.goes_one_way
        return STILL if even else Motion(Grain.DAY)
    if (one.stands and not other.steps) or (other.stands and not one.steps):
        return STILL
    return together((one, other))


def _calculated(operator: str, left: Node, right: Node) -> Motion:
    one, other = motion_of(left), motion_of(right)
    if one.shift is not None or other.shift is not None:
        return STILL  # nothing is calculated with dates themselves
    if one.one_way and other.stands and _keeps_the_way(operator, right):
        return ONE_WAY
    if other.one_way and one.stands and operator != "/":
        return ONE_WAY if _keeps_the_way(operator, left) else RESTLESS
    return together((one, other))


def _keeps_the_way(operator: str, factor: Node) -> bool:
    if operator == "*":
        return isinstance(factor, Number) and abs(factor.value) <= LARGEST_FACTOR
    return operator != "%"


def _of_call(call: Call) -> Motion:
    function = functions.find(call.name)
    if function is None:
        return STILL
    present = function.reads_clock and len(call.arguments) == function.fewest
    if present and function.instants is None:
        given = [moment_at(Shift())]
    else:
        read = side_motion if function.reads_moments else motion_of
        given = [each for each in map(read, call.arguments) if not each.stands]
    if all(each.steps for each in given) and function.instants is None:
        return together(given)
    if len(given) != 1:
        return RESTLESS if given else STILL
    if function.compares and given[0].goes_one_way:
        return STILL
    return function.follows(call.arguments, given[0]) if function.follows else RESTLESS

"""From the shape of a filter to one Python function.

The source holds nothing that a person wrote: names, constants and conditions come in
as arguments of a function that makes the function, so that it is compiled once for
all filters of a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from segments.filterql.closures import fold
from segments.filterql.shapes import Answering, Leaf, Operands, Shape, Template
from segments.filterql.values import FAILED, MISSING

KEPT_FUNCTIONS = 2048
LARGEST_KEPT = 60
LONGEST_NESTED_OR = 8
NAMES = {"MISSING": MISSING, "FAILED": FAILED, "fold": fold, "datetime": datetime}


class Asked(Enum):
    """What a generated function tells of a filter."""

    TRUE = "whether it is true"
    FALSE = "whether it is false"
    VALUE = "its value: true, false, MISSING or whatever it stands for"


class Parameters(Enum):
    """What a generated function is called with."""

    ANSWERS = "answers"
    VALUES = "values, now"


def maker(
    shape: Shape, asked: Asked, parameters: Parameters, *, guarded: bool = False
) -> Callable[..., Any]:
    """A function from the operands of a shape to the function of a filter.

    A guarded one takes one operand more: what answers where two values do not
    compare, such as a time without a zone and one with it.
    """
    if _size(shape) > LARGEST_KEPT:
        return _written(shape, asked, parameters, guarded)
    return _kept(shape, asked, parameters, guarded)


def _size(shape: Shape) -> int:
    return 1 + sum(map(_size, shape.items)) if shape.items else 1


def _written(
    shape: Shape, asked: Asked, parameters: Parameters, guarded: bool
) -> Callable[..., Any]:
    writer = _Writer()
    body = writer.write(shape, asked)
    operands = [f"p{number}" for number in range(writer.operands)]
    lines = [
        f"def make({', '.join([*operands, *(['otherwise'] if guarded else [])])}):",
        *(["    known = (None,)"] if writer.moments else []),
        f"    def evaluate({parameters.value}):",
        *(_limits(writer.moments) if writer.moments else []),
        *(_guarded(body) if guarded else [f"        return {body}"]),
        "    return evaluate",
    ]
    namespace: dict[str, Any] = dict(NAMES)
    exec(compile("\n".join(lines), "<filterql>", "exec"), namespace)  # noqa: S102
    made: Callable[..., Any] = namespace["make"]
    return made


_kept = lru_cache(maxsize=KEPT_FUNCTIONS)(_written)


def function_leaf(shape: Shape, operands: Operands, parameters: Parameters) -> Leaf:
    """A part of a filter as a function of its own, and the call of it."""
    function = maker(shape, Asked.VALUE, parameters)(*operands)
    call = f"{{0}}({parameters.value})"
    template = Template(
        1, f"{call} is True", f"{call} is False", call, answering_of_shape(shape)
    )
    return Shape("leaf", template=template), (function,)


def _limits(moments: Sequence[str]) -> list[str]:
    """Moments relative to now are worked out once for each now: a batch has one."""
    return [
        "        nonlocal known",
        "        limits = known",
        "        if limits[0] is not now:",
        f"            known = limits = (now, {', '.join(f'{m}(now)' for m in moments)})",
    ]


def _guarded(body: str) -> list[str]:
    return [
        "        try:",
        f"            return {body}",
        "        except TypeError:",
        "            return otherwise(values, now)",
    ]


class _Writer:
    """Writes a shape as one expression; each condition stands in it once."""

    def __init__(self) -> None:
        self.operands = 0
        self.moments: list[str] = []
        """The operands that are functions of now."""
        self._variables = 0

    def write(self, shape: Shape, asked: Asked) -> str:
        if shape.kind == "leaf":
            return self._leaf(shape, asked)
        if shape.kind == "all":
            return self._all(shape.items, asked)
        if shape.kind == "any":
            return self._any(shape.items, asked)
        if shape.kind == "not":
            return self._not(shape.items[0], asked)
        return self._chain(shape, asked)

    def _leaf(self, shape: Shape, asked: Asked) -> str:
        template = shape.template
        assert template is not None
        first = self.operands
        self.operands += template.operands
        names = [f"p{number}" for number in range(first, self.operands)]
        limits = {}
        for number, moment in enumerate(template.moments):
            self.moments.append(names[moment])
            limits[f"m{number}"] = f"limits[{len(self.moments)}]"
        text = {
            Asked.TRUE: template.true,
            Asked.FALSE: template.false,
            Asked.VALUE: template.value,
        }[asked]
        return f"({text.format(*names, **limits)})"

    def _all(self, items: Sequence[Shape], asked: Asked) -> str:
        """The first that is not true decides: false, or not evaluable."""
        if asked is Asked.TRUE or not items:
            return self._joined(" and ", items, "True", asked)
        name = self._variable()
        values = [self.write(item, Asked.VALUE) for item in items]
        true = " and ".join(f"({name} := {value}) is True" for value in values)
        if asked is Asked.FALSE:
            return f"(not ({true}) and {name} is False)"
        return f"(True if {true} else False if {name} is False else MISSING)"

    def _any(self, items: Sequence[Shape], asked: Asked) -> str:
        """Items that cannot be evaluated are passed over."""
        return self._joined(" or ", items, "False", asked)

    def _joined(
        self, word: str, items: Sequence[Shape], empty: str, asked: Asked
    ) -> str:
        texts = [self.write(item, Asked.TRUE) for item in items]
        true = f"({word.join(texts) or empty})"
        return f"(not {true})" if asked is Asked.FALSE else true

    def _not(self, item: Shape, asked: Asked) -> str:
        if asked is Asked.TRUE:
            return self.write(item, Asked.FALSE)
        if asked is Asked.FALSE:
            return self.write(item, Asked.TRUE)
        name = self._variable()
        value = self.write(item, Asked.VALUE)
        return f"(not {name} if type({name} := {value}) is bool else MISSING)"

    def _chain(self, shape: Shape, asked: Asked) -> str:
        """Infix AND and OR are operators on two values, from the left."""
        answering = max(map(answering_of_shape, shape.items))
        if answering is not Answering.LOOSE:
            if shape.kind != "OR" and asked is Asked.TRUE:
                return self._joined(" and ", shape.items, "True", asked)
            if shape.kind == "OR" and answering is Answering.STRICT:
                return self._joined(" or ", shape.items, "False", asked)
            if (
                shape.kind == "OR"
                and asked is Asked.TRUE
                and len(shape.items) <= LONGEST_NESTED_OR
            ):
                return self._or_with_failing(shape.items)
        values = [self.write(item, Asked.VALUE) for item in shape.items]
        folded = f"fold({shape.kind!r}, ({', '.join(values)},))"
        if asked is Asked.VALUE:
            return folded
        return f"({folded} is {asked is Asked.TRUE})"

    def _or_with_failing(self, items: Sequence[Shape]) -> str:
        """True if one is true; one that FAILED spoils what stands to its left.

        Of the first two items it does so whichever of them it is.
        """
        first, second, *rest = items
        texts = self._or_of_two(first, second)
        for item in rest:
            texts = self._or_one_more(texts, item)
        return texts

    def _or_of_two(self, first: Shape, second: Shape) -> str:
        if answering_of_shape(first) is Answering.STRICT:
            return self._or_one_more(self.write(first, Asked.TRUE), second)
        if answering_of_shape(second) is Answering.STRICT:
            name, value = self._variable(), self.write(first, Asked.VALUE)
            other = self.write(second, Asked.TRUE)
            return f"(({name} := {value}) is True or {name} is not FAILED and {other})"
        one, other = self._variable(), self._variable()
        values = [self.write(item, Asked.VALUE) for item in (first, second)]
        return (
            f"(({one} := {values[0]}) is not FAILED"
            f" and ({other} := {values[1]}) is not FAILED"
            f" and ({one} is True or {other} is True))"
        )

    def _or_one_more(self, before: str, item: Shape) -> str:
        if answering_of_shape(item) is Answering.STRICT:
            return f"({before} or {self.write(item, Asked.TRUE)})"
        name, value = self._variable(), self.write(item, Asked.VALUE)
        return f"(({name} := {value}) is True or {name} is not FAILED and {before})"

    def _variable(self) -> str:
        self._variables += 1
        return f"w{self._variables}"


def answering_of_shape(shape: Shape) -> Answering:
    if shape.template is not None:
        return shape.template.answering
    if shape.kind in ("all", "any", "not"):
        return Answering.STRICT
    loosest = max(map(answering_of_shape, shape.items))
    return Answering.LOOSE if loosest is Answering.LOOSE else Answering.STRICT

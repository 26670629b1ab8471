"""Where functions register themselves and the parser and compiler find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segments.filterql.motion import Follows
from segments.filterql.nodes import Node
from segments.filterql.values import Values

Implementation = Callable[..., Any]
Instants = Callable[..., Iterable[datetime]]
Check = Callable[[tuple[Node, ...]], str]


@dataclass(frozen=True, slots=True)
class Context:
    """What a function may know besides its arguments."""

    values: Values
    now: datetime


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    The implementation gets an argument that cannot be evaluated as None, and returns
    MISSING where it has no answer; it raises nothing.
    """

    name: str
    aliases: tuple[str, ...]
    signature: str
    summary: str
    fewest: int
    most: int | None
    implementation: Implementation
    wants_context: bool
    reads_clock: bool
    reads_every_field: bool
    check: Check | None
    instants: Instants | None
    """Called as an implementation that wants the context: gives the instants at which
    the answer may change by the passing of time."""
    follows: Follows | None
    """How the value moves with the moment that is given, or that is taken for it where
    none is; None where there is no telling."""
    reads_moments: bool
    """A text such as "now-1d" is a moment to it."""
    compares: bool
    """It tells the order of its two arguments as numbers."""

    def refusal(self, arguments: tuple[Node, ...]) -> str:
        """Why these arguments will not do, empty where they will."""
        count = len(arguments)
        if count < self.fewest or (self.most is not None and count > self.most):
            wanted = f"{self.name} takes {self._wanted()}, {count} given"
            return f"{wanted}: {self.signature}"
        return self.check(arguments) if self.check else ""

    def _wanted(self) -> str:
        if self.most is None:
            return f"{self.fewest} or more arguments"
        if self.fewest == self.most:
            return f"{self.most} argument{'' if self.most == 1 else 's'}"
        return f"{self.fewest} to {self.most} arguments"


_functions: dict[str, Function] = {}


def function(
    signature: str,
    arguments: int | tuple[int, int | None],
    *,
    aliases: Iterable[str] = (),
    wants_context: bool = False,
    reads_clock: bool = False,
    reads_every_field: bool = False,
    check: Check | None = None,
    instants: Instants | None = None,
    follows: Follows | None = None,
    reads_moments: bool = False,
    compares: bool = False,
) -> Callable[[Implementation], Implementation]:
    """Register what follows under the name that begins the signature."""
    fewest, most = (arguments, arguments) if isinstance(arguments, int) else arguments

    def register(implementation: Implementation) -> Implementation:
        registered = Function(
            name=signature.partition("(")[0],
            aliases=tuple(aliases),
            signature=signature,
            summary=(implementation.__doc__ or "").partition("\n")[0],
            fewest=fewest,
            most=most,
            implementation=implementation,
            wants_context=wants_context,
            reads_clock=reads_clock,
            reads_every_field=reads_every_field,
            check=check,
            instants=instants,
            follows=follows,
            reads_moments=reads_moments,
            compares=compares,
        )
        for name in (registered.name, *registered.aliases):
            if name in _functions:
                raise ValueError(f"{name} is registered twice")
            _functions[name] = registered
        return implementation

    return register


def find(name: str) -> Function | None:
    """The function of that name, in any case."""
    return _functions.get(name.lower())


def names() -> tuple[str, ...]:
    return tuple(_functions)


def everything() -> tuple[Function, ...]:
    """Every function once, by name."""
    found = {function.name: function for function in _functions.values()}
    return tuple(found[name] for name in sorted(found))

"""YAML text as Python values that know their lines.

The tag `!env NAME` stands for the secret in an environment variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from lyticsapp.as_code.document import Secret
from lyticsapp.as_code.errors import DocumentError

LARGEST_BYTES = 10_000_000
DEEPEST = 50
ENVIRONMENT = "!env"


class Located(dict[Any, Any]):
    """A mapping of the file, and the lines of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def load(content: bytes, source: str, environment: Mapping[str, str]) -> Any:
    """The value of the file's one document; raises DocumentError."""
    if len(content) > LARGEST_BYTES:
        raise DocumentError(source, 1, f"the file is over {LARGEST_BYTES:,} bytes.")
    try:
        text = _text(content, source)
        _check_depth(text, source)
        loader = _Loader(text)
        loader.environment = environment
        node = loader.get_single_node()
        if node is None:
            raise DocumentError(source, 1, "the file is empty.")
        _check_nodes(node, source)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DocumentError(source, line, f"{error.problem}.") from None
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", "is no YAML")
        raise DocumentError(source, 1, f"the file cannot be read: {reason}.") from None


class _Loader(yaml.CSafeLoader):
    """The safe loader, with lines and `!env`."""

    environment: Mapping[str, str]

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node; what its tag does not allow is not quoted."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError):
            raise yaml.constructor.ConstructorError(
                problem="is not what its tag says; write it in quotes, without a tag",
                problem_mark=node.start_mark,
            ) from None


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[Located]:
    found = Located(_line(node))
    yield found
    found.update(loader.construct_mapping(node))
    found.lines |= {str(key.value): _line(key) for key, _ in node.value}


def _from_environment(loader: _Loader, node: yaml.ScalarNode) -> Secret:
    name = str(loader.construct_scalar(node))
    value = loader.environment.get(name)
    if not value:
        raise yaml.constructor.ConstructorError(
            problem=f"{ENVIRONMENT} {name}: the environment variable is not set",
            problem_mark=node.start_mark,
        )
    return Secret(value)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor(ENVIRONMENT, _from_environment)


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(source, line, "the text is not UTF-8.") from None


def _check_depth(text: str, source: str) -> None:
    """Refuse what is nested so deeply that reading it would overflow the stack."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise DocumentError(source, _line(event), "is nested too deeply.")


def _check_nodes(root: yaml.Node, source: str) -> None:
    """Refuse a key that is there twice, and values of other types than are used here."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag not in _TAGS:
            raise DocumentError(
                source,
                _line(node),
                "is a date, a number with a fraction or another value that is not "
                "used here; write it in quotes.",
            )
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, source)
            waiting += [each for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


_TAGS = {ENVIRONMENT} | {
    f"tag:yaml.org,2002:{name}"
    for name in ("map", "seq", "str", "int", "bool", "null", "merge")
}


def _check_keys(node: yaml.MappingNode, source: str) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        name = str(key.value)
        if name in seen:
            raise DocumentError(
                source, _line(key), f"{name} is there already, in line {seen[name]}."
            )
        seen[name] = _line(key)


def _line(part: yaml.Node | yaml.Event) -> int:
    mark = part.start_mark
    return 1 if mark is None else int(mark.line) + 1

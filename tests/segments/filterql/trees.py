"""Random trees, values and texts."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from segments.filterql import functions, nodes
from segments.filterql.nodes import Node

NAMES = (
    "x",
    "y",
    "email",
    "last_seen",
    "scores.momentum",
    "from",
    "a b",
    "日本",
    "m.a",
)

texts = st.text(max_size=12) | st.sampled_from(
    ("now-3d", "now", "2015-12-18", "5", "5.5", "abc", 'a"b', "a\\", "*b*", "", "true")
)
numbers = st.integers(0, 2**63 - 1) | st.floats(
    min_value=1e-3, max_value=1e15, allow_nan=False
).filter(lambda number: not number.is_integer())
plain_names = st.sampled_from(NAMES) | st.text(
    st.characters(exclude_characters="`", exclude_categories=("Cs",)), min_size=1
).filter(lambda name: name.strip("`'[") and "." not in name)
fields = st.one_of(
    plain_names.map(nodes.Field),
    st.builds(nodes.Field, st.just("m"), st.sampled_from(("a", "a b", "c.d"))),
    st.just(nodes.Field("m.a", whole=True)),
)
literals = st.one_of(
    texts.map(nodes.Text),
    numbers.map(nodes.Number),
    st.booleans().map(nodes.Boolean),
    st.just(nodes.Null()),
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True) | st.just("0af3")
leaves = st.one_of(
    fields,
    literals,
    st.just(nodes.MatchAll()),
    names.map(nodes.Include),
    st.lists(texts.map(nodes.Text) | numbers.map(nodes.Number), min_size=1, max_size=3)
    .map(tuple)
    .map(nodes.Array),
)


def _calls(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """A call of any function; `not` and `exists` are operators in a filter."""
    known = [f for f in functions.everything() if f.name not in ("not", "exists")]
    return st.sampled_from([f for f in known if f.check is None]).flatmap(
        lambda function: st.lists(
            inner,
            min_size=function.fewest,
            max_size=3 if function.most is None else function.most,
        ).map(lambda arguments: nodes.Call(function.name, tuple(arguments)))
    )


def _checked_calls(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Calls of functions that want literals of their own."""
    counts = st.integers(1, 40).map(nodes.Number)
    rest = st.one_of(
        st.tuples(st.just("timewindow"), counts, counts),
        st.tuples(st.just("geodistance"), st.just(nodes.Text("52.5, 13.4")), counts),
        st.tuples(st.just("todatein"), st.just(nodes.Text("Asia/Tokyo"))),
        st.tuples(
            st.just("json.jmespath"),
            st.sampled_from(("a", "[0]", "[]", "*")).map(nodes.Text),
        ),
        st.tuples(st.just("url.matchqs"), st.just(nodes.Text("^a"))),
    )
    return st.builds(
        lambda first, call: nodes.Call(call[0], (first, *call[1:])), inner, rest
    )


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    operators = (*nodes.COMPARISONS, *nodes.ARITHMETIC, "CONTAINS", "LIKE")
    several = st.lists(inner, min_size=2, max_size=4)
    groups = several.map(tuple).map(nodes.Group)
    return st.one_of(
        st.builds(nodes.Binary, st.sampled_from(operators), inner, inner),
        st.builds(
            nodes.Binary, st.sampled_from(("IN", "INTERSECTS")), inner, fields | groups
        ),
        st.builds(nodes.Binary, st.sampled_from(("LIKE", "CONTAINS")), inner, groups),
        st.builds(nodes.chained, st.sampled_from(("AND", "OR", "&&")), several),
        several.map(tuple).map(nodes.AllOf),
        several.map(tuple).map(nodes.AnyOf),
        inner.map(nodes.negated),
        inner.map(nodes.Minus),
        inner.map(nodes.Exists),
        st.builds(nodes.Between, inner, inner, inner),
        _calls(inner),
        _checked_calls(inner),
    )


trees = st.recursive(leaves, _larger, max_leaves=12)

moments = st.datetimes(timezones=st.just(UTC)) | st.datetimes()
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers() | st.sampled_from((0, 5, -(2**31), 2**63 - 1, 1450434030)),
    st.floats(),
    texts,
    moments,
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=4),
    st.lists(texts, max_size=4),
    st.dictionaries(st.sampled_from(("a", "a b", "5", "abc")), scalars, max_size=3),
    st.sampled_from((b"bytes", object(), {1, 2}, (1, 2), [[1], [[2]]], 1j)),
)
profiles = st.dictionaries(st.sampled_from((*NAMES, "m")), values, max_size=6)

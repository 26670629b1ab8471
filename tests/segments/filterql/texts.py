"""Random texts: soups of words, and good filters with a slip in them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from segments.filterql import FilterQLError, Statement, format_filter
from segments.filterql.tokens import Kind, Scanner
from tests.segments.filterql.trees import trees

WORDS = (
    *("FILTER", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "NULL", "AS"),
    *("EXISTS", "INCLUDE", "FROM", "LIMIT", "WITH", "ALIAS", "SELECT", "IF", "WHERE"),
    *("CONTAINS", "INTERSECTS", "match_all", "true", "x", "y.z", "`a b`", "'q'"),
    *("`a`.`b`", "5", "5.5", "5d", "0x1F", "1e400", '"text"', '"now-1d"', '"a\\""'),
    *("(", ")", "[", "]", ",", ";", "==", "!=", ">", "<=", "-", "+", "*", "/", "%"),
    *("{", "}", "=", "||", "&&", "!", "toint(", "cast(", "now()", "any(", "AND(", "("),
    *("-- c", "/* c */", "#", "\n", "\t", '"', "'", "`", "\\", "\u201c", "\x00", "日"),
)
soups = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
glued = st.lists(st.sampled_from(WORDS), max_size=12).map("".join)
good = st.builds(Statement, trees).map(format_filter)


def _pieces(text: str) -> list[str]:
    """A text cut at its tokens, with what stands between them."""
    scanner = Scanner(text)
    cuts = [0]
    try:
        while scanner.peek().kind is not Kind.END:
            token = scanner.advance()
            cuts += [token.start, token.end]
    except FilterQLError:
        pass
    cuts.append(len(text))
    return [text[start:end] for start, end in pairwise(cuts)]


@st.composite
def _with_slips(draw: st.DrawFn) -> str:
    """A good filter in which pieces are lost, doubled, moved or replaced."""
    pieces = _pieces(draw(good))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(("lose", "double", "move", "replace", "letter"))):
            case "lose":
                pieces[place] = ""
            case "double":
                pieces.insert(place, pieces[place])
            case "move":
                pieces.insert(draw(st.integers(0, len(pieces))), pieces[place])
                pieces[place] = " "
            case "replace":
                pieces[place] = draw(st.sampled_from(WORDS))
            case "letter":
                pieces[place] = pieces[place][1:] + draw(st.characters())
    return "".join(pieces)


slips = _with_slips()
programs = soups | glued | slips

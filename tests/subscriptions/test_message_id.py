"""Ids of messages: each another one, and the number can be read from it."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from subscriptions import message_id

NUMBERS = st.integers(min_value=0, max_value=2**62 - 1)


@given(NUMBERS)
def test_the_number_is_read_from_the_id(number):
    made = message_id.new(number)
    assert (made.version, made.variant) == (8, "specified in RFC 4122")
    assert message_id.sequence_of(made) == number


@given(NUMBERS)
def test_ids_of_one_number_differ_from_the_beginning(number):
    assert len({str(message_id.new(number))[:8] for _ in range(10)}) > 1


def test_other_ids_have_no_number():
    assert message_id.sequence_of(uuid4()) is None

"""Sharing a write between threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from segments.streams.group_commit import GroupCommit
from tests.waiting import wait_until


class Writer:
    """A writer that can be held up, and fails for negative numbers."""

    def __init__(self):
        self.batches = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.error = None

    def __call__(self, items):
        self.batches.append(list(items))
        assert self.may_go.wait(10)
        if self.error is not None:
            raise self.error
        return [ValueError(str(item)) if item < 0 else None for item in items]


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def group(writer):
    return GroupCommit(writer)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(20) as threads:
        yield threads


def submit_while_writing(writer, group, pool, items):
    """Submit one item, and the others while it is being written."""
    writer.may_go.clear()
    first, *others = items
    futures = [pool.submit(group.submit, first)]
    wait_until(lambda: writer.batches, what="the first to be written")
    futures += [pool.submit(group.submit, item) for item in others]
    wait_until(lambda: len(group._waiting) == len(others), what="the others to wait")
    writer.may_go.set()
    return futures


def test_a_lone_item_is_written_at_once(writer, group):
    group.submit(1)
    group.submit(2)

    assert writer.batches == [[1], [2]]


def test_those_that_come_during_a_write_share_the_next(writer, group, pool):
    for future in submit_while_writing(writer, group, pool, range(9)):
        assert future.result(10) is None

    assert writer.batches[0] == [0]
    assert sorted(writer.batches[1]) == list(range(1, 9))
    assert len(writer.batches) == 2


def test_nobody_returns_before_the_write(writer, group, pool):
    writer.may_go.clear()
    future = pool.submit(group.submit, 1)
    wait_until(lambda: writer.batches, what="the write to begin")

    assert not future.done()
    writer.may_go.set()
    future.result(10)


def test_an_error_reaches_the_one_it_belongs_to(writer, group, pool):
    futures = submit_while_writing(writer, group, pool, [0, 1, -2, 3])

    for future in (futures[1], futures[3]):
        assert future.result(10) is None
    with pytest.raises(ValueError, match="-2"):
        futures[2].result(10)


def test_a_failed_write_reaches_all_and_the_next_goes_on(writer, group, pool):
    writer.error = OSError("gone")
    for future in submit_while_writing(writer, group, pool, [0, 1, 2]):
        with pytest.raises(OSError, match="gone"):
            future.result(10)

    writer.error = None
    group.submit(3)
    assert writer.batches[-1] == [3]


def test_a_thread_that_is_stopped_leaves_no_one_behind(writer, group, pool):
    writer.error = SystemExit()
    for future in submit_while_writing(writer, group, pool, [0, 1, 2]):
        with pytest.raises((SystemExit, RuntimeError)):
            future.result(10)

    writer.error = None
    group.submit(3)
    assert writer.batches[-1] == [3]


def test_many_threads_are_all_written_once(writer, group, pool):
    for future in [pool.submit(group.submit, n) for n in range(2000)]:
        future.result(10)

    assert sorted(chain.from_iterable(writer.batches)) == list(range(2000))

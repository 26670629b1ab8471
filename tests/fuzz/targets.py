"""What is fuzzed: the property tests that any input must pass."""

from __future__ import annotations

from collections.abc import Callable

from tests.segments.filterql import (
    test_agreement,
    test_boundaries,
    test_bounds,
    test_dependencies,
    test_never_raises,
    test_round_trip,
)

Target = Callable[[bytes], object]
_TESTS: tuple[Callable[..., None], ...] = (
    test_never_raises.test_the_parser_takes_any_words,
    test_never_raises.test_the_parser_takes_slips,
    test_never_raises.test_the_parser_takes_any_characters,
    test_never_raises.test_any_tree_answers_about_any_values,
    test_never_raises.test_any_moment_can_be_the_present,
    test_never_raises.test_any_json_is_read_or_refused,
    test_never_raises.test_any_question_is_answered,
    test_round_trip.test_a_printed_tree_reads_as_the_same_tree,
    test_round_trip.test_whatever_is_read_is_written_as_itself,
    test_round_trip.test_the_json_form_loses_nothing,
    test_round_trip.test_a_printed_statement_reads_as_the_same_statement,
    test_dependencies.test_fields_that_are_not_named_do_not_matter,
    test_dependencies.test_time_does_not_matter_to_filters_without_a_clock,
    test_agreement.test_sharing_changes_no_answer,
    test_agreement.test_a_printed_filter_answers_as_the_tree_does,
    test_agreement.test_no_answer_changes_before_its_boundary,
    test_bounds.test_any_path_over_any_document_answers_or_not,
    test_boundaries.test_it_is_the_first_real_change,
)
TARGETS: dict[str, Callable[..., None]] = {
    test.__name__.removeprefix("test_"): test for test in _TESTS
}


def target(name: str) -> Target:
    """Takes bytes, makes an input of them and runs the test on it."""
    found: Target = TARGETS[name].hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    return found

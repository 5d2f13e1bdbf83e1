"""A gate answers in counts and names, never in values."""

from __future__ import annotations

import pandas as pd

from tolerance import gates


def suite() -> object:
    expect = gates.great_expectations().expectations
    return gates.new_suite(
        "demo",
        [
            expect.ExpectColumnValuesToNotBeNull(column="code"),
            expect.ExpectColumnValuesToBeInSet(column="code", value_set=["a"]),
        ],
    )


def test_a_gate_names_what_failed_and_no_value() -> None:
    frame = pd.DataFrame({"code": ["a", "secret", None]})
    result = gates.check(frame, suite(), "demo")  # type: ignore[arg-type]
    assert (result.expectations, result.rows, result.is_passed) == (2, 3, False)
    assert result.sentence == (
        "demo: 2 of 2 expectations failed (3 rows): values_to_be_in_set(code), values_to_not_be_null(code)"
    )


def test_a_gate_passes_what_is_as_expected() -> None:
    result = gates.check(pd.DataFrame({"code": ["a", "a"]}), suite(), "demo")  # type: ignore[arg-type]
    assert result.is_passed
    assert result.sentence == "demo: 2 expectations hold (2 rows)"


def test_a_missing_column_fails_the_gate() -> None:
    assert not gates.check(pd.DataFrame({"other": [1]}), suite(), "demo").is_passed  # type: ignore[arg-type]


def test_an_expectation_that_only_warns_fails_no_gate_and_says_its_sentence_when_it_is_not_met() -> None:
    expect = gates.great_expectations().expectations
    small = expect.ExpectColumnValuesToBeBetween(
        column="records", min_value=19, severity="warning", meta={"warnings": ["only a few came."]}
    )
    suite = gates.new_suite("demo", [small])
    few = gates.check(pd.DataFrame({"records": [18]}), suite, "demo")
    assert (few.is_passed, few.warnings) == (True, ("only a few came.",))
    assert gates.check(pd.DataFrame({"records": [19]}), suite, "demo").warnings == ()

"""A gate answers in counts and names, never in values."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

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


def test_the_same_is_judged_once_and_anything_else_again(tmp_path: Path) -> None:
    path = tmp_path / "gates" / "demo.json"
    first = gates.GateResult("demo", 2, ("values_to_not_be_null(code)",), 3, ("only a few came.",))
    second = gates.GateResult("demo", 2, (), 4)
    assert gates.remembered(path, b"a", lambda: first) == first
    assert gates.remembered(path, b"a", lambda: second) == first
    assert gates.remembered(path, b"b", lambda: second) == second
    path.write_text(path.read_text("utf-8")[:-20], "utf-8")  # cut short
    assert gates.remembered(path, b"b", lambda: first) == first


@pytest.mark.parametrize("changed", ["expectations", "release"])
def test_what_was_judged_by_other_expectations_is_judged_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    path = tmp_path / "demo.json"
    strict = gates.GateResult("demo", 2, (), 1)
    gates.remembered(path, b"a", lambda: gates.GateResult("demo", 1, (), 1))
    if changed == "release":
        monkeypatch.setattr(gates, "version", lambda _: "1.99")
    else:
        suites = tmp_path / "expectations"
        suites.mkdir()
        (suites / "__init__.py").write_text("SHARE = 0.2", "utf-8")
        monkeypatch.setattr(gates.expectations, "__file__", str(suites / "__init__.py"))
        monkeypatch.setattr(gates, "__file__", str(suites / "gates.py"))
        (suites / "gates.py").touch()
    assert gates.remembered(path, b"a", lambda: strict) == strict

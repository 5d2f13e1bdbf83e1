"""The gate at the door, told in counts, and never closed for a cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations import extracts
from tests.fixtures.ingesting import AS_OF, CALLS, CUSTOMERS, LOADED_AT, Deliver, call, rows
from tolerance import gates
from tolerance.intake.expect import expect
from tolerance.intake.land import land
from tolerance.intake.load import load
from tolerance.intake.read import read
from tolerance.state import State


def test_a_gate_that_fails_says_so_in_counts(
    state: State, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(10))
    too_short = gates.great_expectations().expectations.ExpectColumnValueLengthsToBeBetween(
        column="call_id", max_value=2
    )
    monkeypatch.setattr(extracts, "suite", lambda source: gates.new_suite(source, [too_short]))
    load_id = land("faq", state.root.parent / "in", AS_OF, state, LOADED_AT)
    assert load_id is not None
    read("faq", load_id, state)
    with pytest.raises(gates.GateFailedError, match=r"faq: 1 of \d+ expectations failed \(2 rows\)"):
        expect("faq", load_id, state)
    assert rows(state) == []


@pytest.mark.parametrize(
    ("source", "bad"),
    [
        ("customers", "C2;;;;;f\n"),
        ("customers", "C2;;;;;" + "x" * 36 + "\n"),
        ("customers", "C" * 256 + ";;;;;fr\n"),
        ("faq", call(2).replace("K2", "K" * 256)),
        ("faq", call(2).replace("C1", "C" * 256)),
        ("faq", call(2).replace(";code", ";" + "c" * 101)),
        ("faq", call(2).replace(";fr", ";f")),
    ],
)
def test_a_cell_that_the_gate_would_not_pass_costs_its_record_alone(
    deliver: Deliver, state: State, tmp_path: Path, source: str, bad: str
) -> None:
    sound = CALLS + call(1) if source == "faq" else CUSTOMERS + "C1;;;;;fr\n"
    deliver(f"{source}/a.csv", sound + bad)
    load_id = land(source, tmp_path / "in", AS_OF, state, LOADED_AT)
    assert load_id is not None
    read(source, load_id, state)
    expect(source, load_id, state)
    (file,) = load(source, load_id, state).files
    assert (file.loaded_records, file.quarantined_records) == (1, 1)

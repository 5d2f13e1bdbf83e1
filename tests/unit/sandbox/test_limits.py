"""A reading process is stopped when a record costs too much, and only that record is lost to it."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from tolerance.gates import GateFailedError
from tolerance.sandbox import limits


def write(path: Path, records: dict[int, str]) -> None:
    """Stands for a reader: each record does what it says; what became of it is written down."""
    limits.begin_file(3)
    outcomes = []
    for record_no, what in records.items():
        try:
            with limits.one_record(record_no):
                COSTS[what]()
        except limits.TooCostlyError:
            outcomes.append(f"{record_no} time")
        except MemoryError:
            outcomes.append(f"{record_no} memory")
        else:
            outcomes.append(f"{record_no} fine")
    path.write_text("\n".join(outcomes))


def _loop() -> None:
    while True:
        pass


def _compute_without_looking_up() -> None:
    sum(itertools.repeat(1, 10**11))


def _grow() -> None:
    bytearray(limits.RECORD_BYTES * 2)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise GateFailedError("what is to be done")


def _use_arrow() -> None:
    assert pa.array(["a", None]).to_pylist() == ["a", None]
    assert "pandas" not in sys.modules


NONE: frozenset[tuple[int, int]] = frozenset()
COSTS = {
    "little": lambda: None,
    "endless": _loop,
    "deaf": _compute_without_looking_up,
    "large": _grow,
    "deadly": _die,
    "failing": _fail,
    "arrow": _use_arrow,
}


def run(
    tmp_path: Path, records: dict[int, str], passed_over: frozenset[tuple[int, int]] = frozenset()
) -> object:
    arguments = {"path": tmp_path / "outcomes", "records": records}
    return limits.run_in_child(write, arguments, scratch=tmp_path, passed_over=passed_over)


def outcomes(tmp_path: Path) -> list[str]:
    return (tmp_path / "outcomes").read_text().splitlines()


def test_what_costs_little_ends_well(tmp_path: Path) -> None:
    assert run(tmp_path, {1: "little"}) is None
    assert outcomes(tmp_path) == ["1 fine"]


def test_a_record_that_takes_too_long_or_too_much_memory_costs_itself_alone(tmp_path: Path) -> None:
    begin = time.monotonic()
    assert run(tmp_path, {1: "endless", 2: "large", 3: "little"}) is None
    assert outcomes(tmp_path) == ["1 time", "2 memory", "3 fine"]
    assert time.monotonic() - begin < 30  # on a machine that others use too


@pytest.mark.parametrize("how", ["deaf", "deadly"])
def test_a_record_that_kills_its_reader_is_named_and_passed_over_the_next_time(
    tmp_path: Path, how: str
) -> None:
    killed = run(tmp_path, {1: "little", 2: how, 3: "little"})
    assert isinstance(killed, limits.Killed)
    assert (killed.file_no, killed.record_no) == (3, 2)
    assert not (tmp_path / "outcomes").exists()
    assert run(tmp_path, {1: "little", 2: how, 3: "little"}, frozenset({(3, 2)})) is None
    assert outcomes(tmp_path) == ["1 fine", "2 time", "3 fine"]


def test_an_error_of_the_program_is_raised_in_the_parent_with_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(GateFailedError, match="what is to be done"):
        run(tmp_path, {1: "failing"})


def test_a_child_does_not_wait_for_pandas_that_it_does_not_need(tmp_path: Path) -> None:
    assert run(tmp_path, {1: "arrow"}) is None
    assert outcomes(tmp_path) == ["1 fine"]

"""Nothing lost, nothing twice: every landed record is loaded, duplicate or quarantined."""

from __future__ import annotations

import pyarrow.parquet as pq

from tests.fixtures.ingesting import CALLS, CUSTOMERS, Deliver, call, counts, quarantined, rows, take_in
from tolerance.intake.load import ensure_empty_sources
from tolerance.records import raw_schema
from tolerance.state import State


def test_every_landed_record_is_loaded_duplicate_or_quarantined(state: State, deliver: Deliver) -> None:
    deliver("faq/a.csv", CALLS + call(1) + call(2) + call(1) + "too;short\n")
    deliver("faq/b.csv", CALLS + call(2) + call(3))
    deliver("faq/c.csv", CALLS)
    deliver("faq/d.csv", "no header\n")
    deliver("faq/e.csv", CALLS + call(2) + call(3))
    assert counts(take_in(state)) == {
        "a.csv": ("loaded_with_quarantine", 4, 2, 1, 1),
        "b.csv": ("loaded", 2, 1, 1, 0),
        "c.csv": ("empty", 0, 0, 0, 0),
        "d.csv": ("refused", 0, 0, 0, 0),
        "e.csv": ("already_loaded", 2, 0, 2, 0),
    }
    assert sorted(str(row["call_id"]) for row in rows(state)) == ["K1", "K2", "K3"]
    (bad,) = quarantined(state)
    assert (bad["raw"], bad["record_no"], bad["reason"]) == (b"too;short", 4, "wrong_field_count")
    content = (CALLS + call(1) + call(2) + call(1) + "too;short\n").encode()
    assert content[bad["byte_start"] : bad["byte_end"]] == b"too;short"  # type: ignore[misc]


def test_of_customers_the_latest_delivery_counts_also_when_known(state: State, deliver: Deliver) -> None:
    deliver("customers/1.csv", CUSTOMERS + "C1;a@b.fr;;;;\n")
    deliver("customers/2.csv", CUSTOMERS + "C1;z@b.fr;;;;\nC2;nothing;;;;\n")
    deliver("customers/3.csv", CUSTOMERS + "C1;a@b.fr;;;;\n")
    assert counts(take_in(state, "customers")) == {
        "1.csv": ("loaded", 1, 1, 0, 0),
        "2.csv": ("loaded_with_quarantine", 2, 1, 0, 1),
        "3.csv": ("already_loaded", 1, 0, 1, 0),
    }
    deliver("customers/4.csv", CUSTOMERS + "C1;z@b.fr;;;;\nC2;nothing;;;;\n")
    assert counts(take_in(state, "customers"))["4.csv"] == ("already_loaded", 2, 0, 2, 0)
    assert [row["_is_duplicate"] for row in rows(state, "customers")].count(True) == 2
    assert len(quarantined(state, "customers")) == 1


def test_an_empty_raw_layer_has_the_schema_of_each_source(state: State) -> None:
    ensure_empty_sources(state)
    for source in ("customers", "faq", "mail", "tickets"):
        (path,) = (state.raw / source).glob("*/*.parquet")
        assert pq.read_schema(path) == raw_schema(source)
        assert rows(state, source) == []

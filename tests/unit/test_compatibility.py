"""The company's table of incident types that may be told of one incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tolerance.company import CompanyError
from tolerance.compatibility import TABLE, compatible_pairs
from tolerance.settings import DBT_PROJECT
from tolerance.untyped_tags import incident_types, seeds_in_use

HEADER = "incident_type,compatible_type,holds_in,reason\n"


def test_every_type_of_the_shipped_table_is_one_of_the_taxonomy() -> None:
    types = incident_types(seeds_in_use())
    pairs = compatible_pairs(DBT_PROJECT / "seeds" / TABLE, types)
    assert {name for one, other, _ in pairs for name in (one, other)} <= {*types}


def test_a_pair_is_the_same_both_ways(tmp_path: Path) -> None:
    table = tmp_path / TABLE
    table.write_text(f"{HEADER}b,a,thread,\na,b,thread,\n", "utf-8")
    assert compatible_pairs(table, ("a", "b")) == [("a", "b", "thread")]


def test_an_unknown_type_in_a_companys_table_is_refused_with_its_record(tmp_path: Path) -> None:
    table = tmp_path / TABLE
    table.write_text(f"{HEADER}a,b,window,\na,c,window,\n", "utf-8")
    with pytest.raises(CompanyError, match=r"record 2: 'c' is no incident type"):
        compatible_pairs(table, ("a", "b"))


def test_a_pair_that_holds_nowhere_is_refused(tmp_path: Path) -> None:
    table = tmp_path / TABLE
    table.write_text(f"{HEADER}a,b,always,\n", "utf-8")
    with pytest.raises(CompanyError, match=r"record 1: holds_in cannot be 'always': write window or thread"):
        compatible_pairs(table, ("a", "b"))


def test_the_shipped_table_may_name_types_that_a_company_has_struck_out() -> None:
    assert compatible_pairs(DBT_PROJECT / "seeds" / TABLE, ())

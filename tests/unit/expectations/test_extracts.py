"""An extract unlike those of its weekday is no all-clear: each measure with its sentence, and quiet ones."""

from __future__ import annotations

import random
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tolerance import all_clear
from tolerance.contracts import CONTRACTS, NEEDED
from tolerance.expectations.extracts import expected_of, most_lacking
from tolerance.intake.loads import FileRecord, write_load_record
from tolerance.intake.measures import customer_id_columns, dated, filled, known, optional_columns
from tolerance.state import State

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def extract(
    day: date,
    records: int = 100,
    *,
    source: str = "faq",
    by_age: dict[int, int] | None = None,
    **counts: int,
) -> FileRecord:
    """One day's extract: all fields filled, all customers known, dates as given by their age in days."""
    contract = CONTRACTS[source]
    measures = {"records": records}
    measures |= {filled(column): records for column in optional_columns(contract)}
    measures |= {known(column): records for column in customer_id_columns(contract)}
    ages = {0: records} if by_age is None else by_age
    if contract.business_dates:
        measures |= {dated(days): ages.get(days, 0) for days in range(14)}
    unknown = counts.keys() - {name.replace(".", "_") for name in measures}
    assert not unknown, unknown
    measures = {name: counts.get(name.replace(".", "_"), count) for name, count in measures.items()}
    newest = day - timedelta(days=min((age for age, count in ages.items() if count), default=0))
    return FileRecord(
        load_id=f"{day:%Y%m%d}{records:08d}",
        load_no=0,
        source=source,
        as_of_on=day,
        loaded_at=LOADED_AT,
        file_name=f"{day}/a.csv",
        file_sha256=f"{source}{day}",
        byte_count=1,
        delivered_on=day,
        landed_records=records,
        loaded_records=records,
        status="loaded",
        newest_event_on=newest if contract.business_dates else None,
        measures=measures,
    )


def delivered(state: State, day: date, *given: int, **described: Any) -> FileRecord:
    record = extract(day, *given, **described)
    write_load_record(state, record.source, record.load_id, [record])
    return record


def usual_weeks(state: State, weeks: int = 8, **usual: Any) -> None:
    for week in range(weeks, 0, -1):
        delivered(state, AS_OF - timedelta(weeks=week), **usual)


def test_a_customer_column_that_is_suddenly_empty_is_told(state: State) -> None:
    usual_weeks(state)
    delivered(state, AS_OF, filled_customer_id=0, known_customer_id=0)
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert warning == (
        "faq: customer_id is empty in 100% of the records delivered for 2026-11-20; on this weekday it is "
        "0%. Ask whether the export still fills it."
    )


def test_a_field_that_few_records_have_is_missed_when_none_has_it(state: State) -> None:
    usual_weeks(state, records=1_000, filled_question=50)
    delivered(state, AS_OF, records=1_000, filled_question=5)
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert "question is empty in 100% of the records" in warning


def test_a_field_that_is_filled_somewhat_less_is_quiet(state: State) -> None:
    usual_weeks(state, filled_customer_id=90, known_customer_id=90)
    delivered(state, AS_OF, filled_customer_id=60, known_customer_id=60, filled_question=60)
    assert all_clear.of_loads(state, AS_OF) == []


def test_ids_of_no_known_customer_are_told(state: State) -> None:
    usual_weeks(state, records=1_000, known_customer_id=980)
    delivered(state, AS_OF, records=1_000, known_customer_id=600)
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert warning.startswith(
        "faq: 40% of the ids in customer_id delivered for 2026-11-20 are of no known customer; on this "
        "weekday it is 2%. Ask whether the customers extract is complete"
    )


def test_a_few_unknown_ids_more_are_quiet(state: State) -> None:
    usual_weeks(state, records=1_000, known_customer_id=980)
    delivered(state, AS_OF, records=1_000, known_customer_id=850)
    assert all_clear.of_loads(state, AS_OF) == []


def test_an_extract_without_its_last_days_is_told(state: State) -> None:
    usual_weeks(state, by_age={1: 90, 2: 10})
    delivered(state, AS_OF, by_age={2: 90, 3: 10})
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert warning == (
        "faq: the newest record delivered for 2026-11-20 is of 2026-11-18, 2 days before; on this weekday it "
        "is at most 1. Ask whether it is the latest extract."
    )


def test_an_extract_as_old_as_this_weekdays_ever_were_is_quiet(state: State) -> None:
    usual_weeks(state, weeks=7, by_age={1: 100})
    delivered(state, AS_OF - timedelta(weeks=8), by_age={3: 100})
    delivered(state, AS_OF, by_age={3: 100})
    assert all_clear.of_loads(state, AS_OF) == []


def test_the_content_of_the_day_before_under_a_new_name_is_told(state: State) -> None:
    usual_weeks(state)
    record = delivered(state, AS_OF, by_age={1: 100})
    record.status, record.loaded_records, record.measures = "already_loaded", 0, {}
    write_load_record(state, "faq", record.load_id, [record], record.load_no)
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert "1 day before; on this weekday it is at most 0" in warning


WEEK = dict.fromkeys(range(7), 20)


def test_an_extract_of_a_week_that_is_all_of_one_day_is_told(state: State) -> None:
    usual_weeks(state, records=140, by_age=WEEK)
    delivered(state, AS_OF, records=140, by_age={0: 140})
    warnings = all_clear.of_loads(state, AS_OF)
    assert warnings[0] == (
        "faq: 100% of the records delivered for 2026-11-20 are of 2026-11-20; on this weekday the fullest "
        "day has 14%. Ask whether their dates are right."
    )


def test_a_week_with_a_busy_day_and_an_extract_of_a_day_are_quiet(state: State) -> None:
    usual_weeks(state, records=140, by_age=WEEK)
    delivered(state, AS_OF, records=240, by_age=WEEK | {3: 120})
    assert all_clear.of_loads(state, AS_OF) == []
    usual_weeks(state, source="tickets", by_age={0: 70, 1: 30})
    delivered(state, AS_OF - timedelta(days=1), source="tickets")
    delivered(state, AS_OF, source="tickets", by_age={0: 100})
    assert all_clear.of_loads(state, AS_OF) == []


def test_a_day_that_is_missing_in_a_week_is_told(state: State) -> None:
    usual_weeks(state, records=140, by_age=WEEK)
    delivered(state, AS_OF, records=120, by_age=WEEK | {2: 0})
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert warning == (
        "faq: no record delivered for 2026-11-20 is of 2026-11-18; in each of the last 8 weeks that weekday "
        "had 10 or more. Ask for them."
    )


def test_a_day_that_is_often_thin_or_that_the_extract_before_has_told_is_quiet(state: State) -> None:
    usual_weeks(state, records=129, by_age=WEEK | {2: 9})
    delivered(state, AS_OF, records=120, by_age=WEEK | {2: 0})
    assert all_clear.of_loads(state, AS_OF) == []
    usual_weeks(state, source="tickets", records=140, by_age=WEEK)
    delivered(state, AS_OF - timedelta(days=2), source="tickets", records=140, by_age=WEEK)
    delivered(state, AS_OF, source="tickets", records=120, by_age=WEEK | {2: 0})
    assert all_clear.of_loads(state, AS_OF) == []


def test_new_columns_are_a_share_of_the_contracts(state: State) -> None:
    record = delivered(state, AS_OF)
    record.new_columns = "mood,weather"
    write_load_record(state, "faq", record.load_id, [record], record.load_no)
    (warning,) = all_clear.of_loads(state, AS_OF)
    assert "faq/2026-11-20/a.csv has the new column mood, weather;" in warning


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("source", NEEDED)
def test_each_day_of_a_small_company_is_all_clear(source: str, seed: int) -> None:
    """From its first delivery on, over ten weeks; few records a day, every share at its own rate."""
    chance = random.Random(f"{source}{seed}")
    contract = CONTRACTS[source]
    rates = {column: chance.choice([0.02, 0.3, 0.8, 1.0]) for column in optional_columns(contract)}
    is_late = chance.choice([0.0, 0.2, 0.5])
    files: list[FileRecord] = []
    judged = set()
    for day in (AS_OF - timedelta(days=number) for number in range(70, 0, -1)):
        records = sum(chance.random() < 0.1 for _ in range(300 if day.isoweekday() < 6 else 40))
        has = {column: sum(chance.random() < rates[column] for _ in range(records)) for column in rates}
        ages = [chance.randrange(1, 4) if chance.random() < is_late else 0 for _ in range(records)]
        has_known = {
            column: sum(chance.random() < 0.95 for _ in range(has[column]))
            for column in customer_id_columns(contract)
        }
        files.append(
            extract(
                day,
                records,
                source=source,
                by_age={age: ages.count(age) for age in range(4)},
                **{f"filled_{column}": count for column, count in has.items()},
                **{f"known_{column}": count for column, count in has_known.items()},
            )
        )
        for bounded in expected_of(source, files, day):
            judged.add(bounded.measure)
            assert bounded.least is None or bounded.value >= bounded.least, bounded
            assert bounded.most is None or bounded.value <= bounded.most, bounded
    assert {"records", *(f"empty_share.{column}" for column in rates)} <= judged


def test_measures_of_the_same_day_add_up_whatever_load_brought_them(state: State) -> None:
    usual_weeks(state)
    delivered(state, AS_OF, 10, filled_customer_id=10)
    assert "only 10 records" in all_clear.of_loads(state, AS_OF)[0]
    delivered(state, AS_OF, 60)
    delivered(state, AS_OF, 30, filled_customer_id=0, known_customer_id=0)
    assert all_clear.of_loads(state, AS_OF) == []


def test_loads_without_measures_are_no_history(state: State) -> None:
    usual_weeks(state)
    for path in state.loads.glob("*.ndjson"):
        path.write_text(path.read_text("utf-8").replace('"measures":', '"of_before":'), "utf-8")
    delivered(state, AS_OF, filled_customer_id=0, known_customer_id=0)
    assert all_clear.of_loads(state, AS_OF) == []


def test_what_is_not_measured_is_not_judged(state: State) -> None:
    usual_weeks(state)
    record = delivered(state, AS_OF)
    del record.measures[known("customer_id")]  # no customers extract had come yet
    write_load_record(state, "faq", record.load_id, [record], record.load_no)
    assert all_clear.of_loads(state, AS_OF) == []


def test_a_second_look_says_the_same(state: State) -> None:
    usual_weeks(state)
    delivered(state, AS_OF, filled_customer_id=0, known_customer_id=0)
    delivered(state, AS_OF + timedelta(days=1))
    assert all_clear.of_loads(state, AS_OF) == all_clear.of_loads(state, AS_OF) != []


def test_a_day_without_a_load_needs_no_great_expectations(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual_weeks(state)
    monkeypatch.setitem(sys.modules, "great_expectations", None)  # an import of it fails
    assert "nothing was delivered" in all_clear.of_loads(state, AS_OF)[1]
    next_day = AS_OF + timedelta(days=1)
    assert all_clear.of_loads(state, next_day) == [all_clear.NOTHING_CAME.format(as_of=next_day)]


@pytest.mark.parametrize("records", [1, 5, 20, 100, 10_000])
def test_the_bound_of_a_share_lies_above_the_usual_one_and_lets_less_through_the_more_there_are(
    records: int,
) -> None:
    for usual in (0.0, 0.1, 0.5, 0.97, 1.0):
        most = most_lacking(usual, records)
        assert usual < most <= 1.0 or usual == most == 1.0
        assert most_lacking(usual, records * 10) <= most

"""The trigger in Airflow's triggerer: a file that is written starts an ingestion, once; nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_WATCH = """
import asyncio, sys
from pathlib import Path
from datetime import UTC, datetime, timedelta
from tolerance import arrivals, readiness
from tolerance.calendar import as_of_for_schedule
from tolerance.settings import settings
from tolerance.orchestration.arrival import InboxTrigger
from tolerance.places import extracts_of_service, state_of_service

trigger = InboxTrigger("tickets", interval_seconds=0.05)
extracts, state = extracts_of_service(), state_of_service()
events = []
YESTERDAY = as_of_for_schedule(datetime.now(UTC), settings().business_time_zone)
TODAY = YESTERDAY + timedelta(days=1)

async def watch():
    async for event in InboxTrigger(**trigger.serialize()[1]).run():
        events.append(event.payload["source"])

async def seen(what):
    await asyncio.sleep(0.6)
    print("SEEN", what, len(events))

async def main():
    task = asyncio.create_task(watch())
    await seen("no inbox")
    folder = extracts / "tickets"
    folder.mkdir(parents=True)
    (extracts / "mail").mkdir()
    (extracts / "mail" / "a.eml").write_text("of another source")
    await seen("another source")
    with (folder / "a.csv").open("w") as file:
        for _ in range(20):  # it grows for a second
            file.write("half"); file.flush()
            await asyncio.sleep(0.03)
        print("SEEN growing", len(events))
    await seen("written")
    await seen("still there")
    def ingest(day):
        arrivals.remember(state, "tickets", arrivals.present(state, extracts, "tickets", day))

    ingest(YESTERDAY)
    (folder / "b.csv").write_text("b")
    ingest(YESTERDAY)
    await seen("ingested by its schedule")
    (folder / str(TODAY)).mkdir()
    (folder / str(TODAY) / "c.csv").write_text("c")
    await seen("of the day in progress")
    ingest(YESTERDAY)
    await seen("and the day before is not published")
    readiness.date_of = lambda *_: TODAY
    await seen("which it is now")
    ingest(TODAY)
    task.cancel()
    task = asyncio.create_task(watch())
    await seen("restarted")
    (folder / "a.csv").write_text("again")
    await seen("written again")
    task.cancel()

asyncio.run(main())
"""


def test_a_written_file_is_told_once_and_one_that_grows_or_was_ingested_is_not(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WATCH],
        env=os.environ
        | {
            "AIRFLOW_HOME": str(tmp_path),
            "TOLERANCE_STATE": str(tmp_path / "state"),
            "TOLERANCE_EXTRACTS": str(tmp_path / "inbox"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line.removeprefix("SEEN ") for line in done.stdout.splitlines() if line.startswith("SEEN ")] == [
        "no inbox 0",
        "another source 0",
        "growing 0",
        "written 1",
        "still there 1",
        "ingested by its schedule 1",
        "of the day in progress 1",
        "and the day before is not published 1",
        "which it is now 2",
        "restarted 2",
        "written again 3",
    ], done.stderr

"""How fast the doors are: records and mails a second and core, peak memory, beside plain readers.

Run by itself: `python bench/intake.py [--records 1000000] [--mails 100000]`. Each figure is made in a
process of its own, so that its peak memory is its own; seconds are the processor's.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "dags"), str(ROOT)]

AS_OF = date(2026, 11, 20)
LOADED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC).replace(tzinfo=None)
HEADER = "call_id;customer_id;asked_at;faq_code;question;answered;agent_team;language\n"
CALL = "F{n:08d};C{c:06d};{at}+01:00;Q{q:03d};où est mon colis {n};{answer};N{team};fr\n"
FIRST_CALL = datetime(2025, 12, 1)  # noqa: DTZ001  (its zone is written beside it)
SECONDS_BETWEEN_CALLS, SECONDS_OF_CALLS = 29, 340 * 86_400
MAIL = (
    "From: Ana Durand <ana{c}@example.com>\r\nDate: Mon, {d} Mar 2026 10:{m:02d}:00 +0100\r\n"
    "Message-ID: <m{n}@example.com>\r\nIn-Reply-To: <r{n}@example.com>\r\nTo: service@example.com\r\n"
    "Received: from a by b; Mon, {d} Mar 2026 10:{m:02d}:01 +0100\r\n"
    "Subject: =?utf-8?q?O=C3=B9_est_mon_colis_{n}?=\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative; boundary="b{n}"\r\n\r\n--b{n}\r\n'
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Bonjour,\r\n\r\nToujours rien reçu, numéro {n}. C'est la troisième fois que j'écris.\r\n\r\n"
    "Ana\r\n\r\nLe 1 mars 2026 à 10:00, Service <service@example.com> a écrit :\r\n> Bonjour\r\n"
    "--b{n}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<p>Bonjour,</p><p>Toujours rien.</p>\r\n--b{n}--\r\n"
)


def make_calls(path: Path, records: int) -> None:
    """A clean CSV of calls, each at a second of its own."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for n in range(records):
            at = FIRST_CALL + timedelta(seconds=n * SECONDS_BETWEEN_CALLS % SECONDS_OF_CALLS)
            values = {"n": n, "c": n * 7919 % 200_003, "q": n % 77, "team": n % 5}
            file.write(CALL.format(at=at.isoformat(), answer="yes" if n % 3 else "no", **values))


def make_mails(path: Path, mails: int) -> None:
    """An mbox of mails of an ordinary shape."""
    with path.open("wb") as file:
        for n in range(mails):
            file.write(b"From ana@example.com Mon Mar  2 10:00:00 2026\r\n")
            file.write(MAIL.format(n=n, c=n % 997, d=n % 28 + 1, m=n % 60).encode() + b"\r\n")


def read_with_us(folder: Path, source: str) -> int:
    """The whole step `read`: framing, typing, hashing, staging, the second count."""
    from tolerance import inbox, intake
    from tolerance.state import State

    inbox.LOOK_INTERVAL_SECONDS = 0.0
    state = State(folder / "state")
    load_id = intake.land(source, folder / "in", AS_OF, state, LOADED_AT)
    if load_id is None:
        raise SystemExit("nothing to read")
    begin = _seconds()
    intake.read(source, load_id, state)
    _tell(_seconds() - begin)
    intake.load(source, load_id, state)
    return sum(record.loaded_records for record in intake.load_records(state, source))


def read_with_csv(folder: Path, _source: str) -> int:
    """Python's csv module: rows of texts."""
    begin = _seconds()
    with next((folder / "in" / "faq").iterdir()).open(encoding="utf-8", newline="") as file:
        count = sum(1 for _ in csv.reader(file, delimiter=";")) - 1
    _tell(_seconds() - begin)
    return count


def read_with_duckdb(folder: Path, _source: str) -> int:
    """DuckDB's typed read of the same file on one thread, into Parquet."""
    import duckdb

    path = next((folder / "in" / "faq").iterdir())
    types = {"asked_at": "timestamptz", "answered": "varchar"}
    columns = {name: types.get(name, "varchar") for name in HEADER.strip().split(";")}
    begin = _seconds()
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(
            f"copy (select * from read_csv(?, delim = ';', header = true, columns = {columns})) "
            f"to '{folder / 'plain.parquet'}' (compression zstd)",
            [str(path)],
        )
        (count,) = connection.execute(
            "select count(*) from read_parquet(?)", [str(folder / "plain.parquet")]
        ).fetchall()[0]
    _tell(_seconds() - begin)
    return int(count)


def read_with_email(folder: Path, _source: str) -> int:
    """Python's email with compat32 on messages cut at their envelope lines, texts decoded."""
    from email import message_from_bytes

    content = next((folder / "in" / "mail").iterdir()).read_bytes()
    begin = _seconds()
    count = 0
    for raw in content.split(b"From ana@example.com Mon Mar  2 10:00:00 2026\r\n")[1:]:
        message = message_from_bytes(raw)
        count += any(part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    _tell(_seconds() - begin)
    return count


_spent = [0.0]


def _tell(seconds: float) -> None:
    _spent[0] = seconds


def _seconds() -> float:
    """Processor seconds of this process and of the reading processes that it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


MEASURED: dict[str, tuple[str, Callable[[Path, str], int]]] = {
    "csv, tolerance": ("faq", read_with_us),
    "csv, Python's csv": ("faq", read_with_csv),
    "csv, DuckDB typed": ("faq", read_with_duckdb),
    "mail, tolerance": ("mail", read_with_us),
    "mail, email compat32": ("mail", read_with_email),
}


def _measure(what: str, folder: Path) -> None:
    """One measurement, told as JSON on the standard output. Runs in a process of its own."""
    source, read = MEASURED[what]
    count = read(folder, source)
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    figures = {"records": count, "seconds": _spent[0], "megabytes": most / 1024}
    sys.stdout.write(json.dumps({"what": what, **figures}) + "\n")


def main() -> None:
    """Make the inputs, measure each reader, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--measure", choices=MEASURED, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.environ.setdefault("TOLERANCE_IDENTITY_KEY", "bench")
    if asked.measure:
        _measure(asked.measure, asked.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for source in ("faq", "mail"):
            (folder / "in" / source).mkdir(parents=True)
        make_calls(folder / "in" / "faq" / "calls.csv", asked.records)
        make_mails(folder / "in" / "mail" / "box.mbox", asked.mails)
        for what in MEASURED:
            command = [sys.executable, __file__, "--measure", what, "--folder", str(folder)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            speed = told["records"] / told["seconds"]
            sys.stdout.write(
                f"{what:22} {told['records']:>9,} records {told['seconds']:7.2f} s {speed:>12,.0f} /s/core "
                f"{told['megabytes']:6.0f} MB\n"
            )


if __name__ == "__main__":
    main()

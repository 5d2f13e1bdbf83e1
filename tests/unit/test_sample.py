"""The sample company: the same on every machine, readable, and its planted truth agrees with it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import mailbox
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tolerance.errors import UsageError
from tolerance.records import QuarantineReason
from tolerance.sample import SampleCounts, make_sample
from tolerance.sample.phrases import HARMLESS_TOPICS, MANNERS, words_about

PARIS = ZoneInfo("Europe/Paris")
UNTIL = date(2026, 10, 31)
SIZES: dict[str, Any] = {"customers": 250, "contacts": 5_000, "years": 5, "daily_days": 12}
TYPES = {
    "delivery_late": "transient",
    "delivery_lost": "cumulative",
    "product_defect": "cumulative",
    "service_outage": "cumulative",
    "billing_error": "cumulative",
    "refund_missing": "cumulative",
    "contract_dispute": "cumulative",
    "payment_fraud": "cumulative",
    "staff_behaviour": "cumulative",
    "privacy_breach": "cumulative",
    "account_access": "transient",
    "website_problem": "transient",
    "no_answer": "transient",
    "other_incident": "unclassified",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleCounts]:
    """One small sample for all tests that only read."""
    out = tmp_path_factory.mktemp("sample") / "company"
    return out, make_sample(out, **SIZES)


def fingerprint(root: Path) -> str:
    """A hash over all names and bytes below the root."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def truth(root: Path, name: str) -> list[dict[str, str]]:
    return table((root / "truth" / f"{name}.csv").read_text("utf-8"))


def calls(root: Path) -> list[dict[str, str]]:
    """All well-formed calls of all deliveries, repeats included."""
    found = []
    for path in sorted(root.glob("faq/*/*.csv")):
        data = path.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252")
        # The unclosed quote ends with its line for a reader that resynchronises; csv's does not.
        lines = [line for line in text.splitlines(keepends=True) if not line.startswith("XP")]
        found += table("".join(lines))
    return found


def tickets(root: Path) -> list[dict[str, Any]]:
    """All ticket versions in the order of delivery, with their customer."""
    found = []
    for path in sorted(root.glob("tickets/*/*.json")):
        document = json.loads(path.read_text("utf-8"))
        users = {user["id"]: user for user in document["users"]}
        assert document["count"] == len(document["tickets"])
        for ticket in document["tickets"]:
            ticket["requester"] = users[ticket["requester_id"]]
            found.append(ticket)
    return found


def mails(root: Path) -> list[mailbox.mboxMessage]:
    found: list[mailbox.mboxMessage] = []
    for path in sorted(root.glob("mail/*/*.mbox")):
        box = mailbox.mbox(str(path), create=False)
        found += [*box]
        box.close()
    return found


def native_ids(source: str, root: Path) -> set[str]:
    """The native ids of one source's good records."""
    if source == "faq":
        return {call["call_id"] for call in calls(root)}
    if source == "tickets":
        return {str(t["id"]) for t in tickets(root) if t.get("id", 0) >= 10_000}
    ids = {message["Message-ID"].strip("<>") for message in mails(root)}
    return ids - {"no-clock@mail.example"}


def test_the_same_arguments_give_the_same_bytes(made: tuple[Path, SampleCounts], tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert make_sample(again, **SIZES) == made[1]
    assert fingerprint(again) == fingerprint(made[0])


def test_another_time_zone_locale_and_hash_seed_give_the_same_bytes(
    made: tuple[Path, SampleCounts], tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from tolerance.sample import make_sample; "
        f"make_sample(Path(sys.argv[1]), **{SIZES!r})"
    )
    package = Path(sys.modules["tolerance"].__path__[0]).parent
    environment = {
        **os.environ,
        "TZ": "America/Montreal",
        "PYTHONHASHSEED": "4711",
        "LC_ALL": "C",
        "PYTHONPATH": str(package),
    }
    out = tmp_path / "elsewhere"
    subprocess.run([sys.executable, "-c", program, str(out)], check=True, env=environment)
    assert fingerprint(out) == fingerprint(made[0])


def test_another_seed_gives_another_company(made: tuple[Path, SampleCounts], tmp_path: Path) -> None:
    other = tmp_path / "other"
    make_sample(other, **SIZES, seed=8)
    assert fingerprint(other) != fingerprint(made[0])


def test_the_sample_is_as_large_as_asked_for(made: tuple[Path, SampleCounts]) -> None:
    root, counts = made
    assert counts.customers == SIZES["customers"]
    assert abs(counts.contacts - SIZES["contacts"]) <= 0.05 * SIZES["contacts"]
    assert counts.contacts == len(truth(root, "contacts"))
    assert counts.incidents == len(truth(root, "incidents"))


def test_history_comes_first_and_then_a_folder_a_day(made: tuple[Path, SampleCounts]) -> None:
    root, counts = made
    first = UNTIL - timedelta(days=SIZES["daily_days"])
    assert counts.first_delivery_on == first
    all_days: set[date] = set()
    for source in ("faq", "mail", "tickets"):  # a small company has days without a mail
        days = {date.fromisoformat(p.name) for p in (root / source).iterdir()}
        assert min(days) == first
        all_days |= days
    assert sorted(all_days) == [first + timedelta(n) for n in range(SIZES["daily_days"] + 1)]
    assert (root / "customers" / first.isoformat() / "customers.csv").is_file()
    assert len([*(root / "customers").iterdir()]) > 1


@pytest.mark.parametrize("source", ["faq", "mail", "tickets"])
def test_every_contact_of_the_truth_is_delivered_and_no_other(
    made: tuple[Path, SampleCounts], source: str
) -> None:
    root, _ = made
    rows = [row["native_id"] for row in truth(root, "contacts") if row["source"] == source]
    assert len(rows) == len(set(rows)) > 0
    assert native_ids(source, root) == set(rows)


def test_customers_of_the_truth_agree_with_the_files(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    rows = {(row["source"], row["native_id"]): row for row in truth(root, "contacts")}
    for call in calls(root):
        assert rows["faq", call["call_id"]]["customer_id"] == call["customer_id"]
    known = {
        line["customer_id"]
        for path in root.glob("customers/*/customers.csv")
        for line in table(path.read_text("utf-8"))
    }
    assert len([c for c in known if not c.startswith("C99")]) == SIZES["customers"]
    for ticket in tickets(root):
        if "id" in ticket and ticket["id"] >= 10_000 and ticket["requester"]["external_id"]:
            customer = rows["tickets", str(ticket["id"])]["customer_id"]
            assert customer == ticket["requester"]["external_id"]
            assert customer in known
    assert {i["customer_id"] for i in truth(root, "incidents")} <= known


def test_coded_calls_and_tagged_tickets_say_the_type_of_the_truth(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    kinds = {(r["source"], r["native_id"]): r["incident_type"] for r in truth(root, "contacts")}
    for call in calls(root):
        kind = kinds["faq", call["call_id"]]
        assert call["faq_code"] in ({kind, "other"} if kind else HARMLESS_TOPICS)
    newest = {t["id"]: t for t in tickets(root) if t.get("id", 0) >= 10_000}
    assert any(len(set(t["tags"]) & set(TYPES)) > 1 for t in newest.values())
    for number, ticket in newest.items():
        tagged = [tag for tag in ticket["tags"] if tag in TYPES]
        kind = kinds["tickets", str(number)]
        if tagged and ticket["status"] != "deleted":
            assert min(tagged, key=[*TYPES].index) == kind
        assert kind == "" or tagged or ticket["type"] in ("incident", "problem")


def test_an_incident_happens_at_its_earliest_contact(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    told_at: dict[str, list[datetime]] = {}
    numbers = {(r["source"], r["native_id"]): r["incident_no"] for r in truth(root, "contacts")}
    for call in calls(root):
        at = datetime.fromisoformat(call["asked_at"])
        at = at if at.tzinfo else at.replace(tzinfo=PARIS)
        told_at.setdefault(numbers["faq", call["call_id"]], []).append(at)
    deleted = {t.get("id") for t in tickets(root) if t["status"] == "deleted"}
    for ticket in tickets(root):
        if ticket.get("id", 0) >= 10_000 and ticket["id"] not in deleted:
            number = numbers["tickets", str(ticket["id"])]
            told_at.setdefault(number, []).append(datetime.fromisoformat(ticket["created_at"]))
    checked = 0
    for incident in truth(root, "incidents"):
        occurred = datetime.fromisoformat(incident["occurred_at"])
        others = told_at.get(incident["incident_no"], [])
        assert all(occurred <= at for at in others)
        checked += occurred in others
        assert TYPES[incident["incident_type"]] == incident["category"]
    assert checked > len(truth(root, "incidents")) / 2


def test_two_incidents_of_one_type_lie_further_apart_than_any_link_window(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    by_person: dict[tuple[str, str], list[datetime]] = {}
    for incident in truth(root, "incidents"):
        key = incident["customer_id"], incident["incident_type"]
        by_person.setdefault(key, []).append(datetime.fromisoformat(incident["occurred_at"]))
    for times in by_person.values():
        times.sort()
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(gap > timedelta(days=20) for gap in gaps)


def test_every_type_occurs_as_code_as_tag_and_in_words_only(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    kinds = {(r["source"], r["native_id"]): r for r in truth(root, "contacts")}
    contacts_of = Counter(r["incident_no"] for r in kinds.values())
    assert {c["faq_code"] for c in calls(root)} >= set(TYPES)
    assert {tag for t in tickets(root) for tag in t["tags"]} >= set(TYPES)
    only_mails = {
        r["incident_type"]
        for r in kinds.values()
        if r["source"] == "mail" and r["incident_no"] and contacts_of[r["incident_no"]] == 1
    }
    assert only_mails == set(TYPES)
    untagged = {
        kinds["tickets", str(t["id"])]["incident_type"]
        for t in tickets(root)
        if t.get("id", 0) >= 10_000 and not set(t["tags"]) & set(TYPES)
    }
    assert untagged >= set(TYPES)


def test_the_last_days_each_bring_a_cumulative_incident(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    days = Counter(
        datetime.fromisoformat(i["occurred_at"]).astimezone(PARIS).date()
        for i in truth(root, "incidents")
        if i["category"] == "cumulative"
    )
    for offset in range(SIZES["daily_days"]):
        assert days[UNTIL - timedelta(days=offset)] >= 1


def test_mails_are_mboxrd_in_several_forms_and_charsets(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    seen: Counter[str] = Counter()
    for message in mails(root):
        assert message["Date"]
        assert message["Message-ID"]
        assert not message.defects
        seen[message.get_content_type()] += 1
        seen["thread"] += message["References"] is not None
        if "MAILER-DAEMON" not in message["From"]:
            seen["automatic"] += message["Auto-Submitted"] is not None
        seen["ticket"] += "[#" in str(message["Subject"])
        for part in message.walk():
            if part.get_content_maintype() == "text":
                charset = part.get_content_charset() or ""
                body = part.get_payload(decode=True)
                assert isinstance(body, bytes)
                text = body.decode(charset)  # every body is valid in the charset that it names
                seen["french history"] += " a écrit :" in text
                seen["english history"] += " wrote:" in text
                seen["escaped"] += "\n>From " in text
                seen[charset] += 1
                seen[str(part["Content-Transfer-Encoding"])] += 1
    forms = ("text/plain", "text/html", "multipart/alternative", "multipart/report")
    charsets = ("utf-8", "iso-8859-1", "iso-8859-15", "windows-1252")
    encodings = ("base64", "quoted-printable", "8bit")
    threads = ("thread", "automatic", "ticket", "escaped", "french history", "english history")
    for kind in (*forms, *charsets, *encodings, *threads):
        assert seen[kind] > 0, kind


def test_tickets_come_again_when_they_change(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    versions: dict[int, set[str]] = {}
    for ticket in tickets(root):
        if ticket.get("id", 0) >= 10_000:
            versions.setdefault(ticket["id"], set()).add(ticket["updated_at"])
    assert sum(len(times) > 1 for times in versions.values()) > 10
    statuses = {t["status"] for t in tickets(root)}
    assert statuses == {"new", "open", "pending", "solved", "closed", "deleted"}


def test_no_record_is_delivered_before_its_day(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    late = 0
    seen: set[tuple[int, str]] = set()
    for path in sorted(root.glob("tickets/*/tickets.json")):
        day = date.fromisoformat(path.parent.name)
        for ticket in json.loads(path.read_text("utf-8"))["tickets"]:
            if ticket.get("id", 0) >= 10_000:
                at = datetime.fromisoformat(ticket["updated_at"]).astimezone(PARIS).date()
                assert at <= day
                late += at < day and (ticket["id"], ticket["updated_at"]) not in seen
                seen.add((ticket["id"], ticket["updated_at"]))
        if day == UNTIL - timedelta(days=SIZES["daily_days"]):
            late = 0  # history is not late
    assert late > 0


def test_bad_records_are_noted_with_a_reason_of_the_closed_list(
    made: tuple[Path, SampleCounts],
) -> None:
    root, counts = made
    bad = truth(root, "bad_records")
    assert len(bad) == counts.bad_records == 10
    for row in bad:
        assert QuarantineReason(row["reason"])
        assert (root / row["source"] / row["file_name"]).is_file()
    damaged = b"".join(p.read_bytes() for p in root.glob("faq/*/*.csv"))
    assert damaged.count(b"\nXP") == sum(row["source"] == "faq" for row in bad)


def test_a_killed_call_leaves_no_half_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "company"
    with monkeypatch.context() as patch:
        patch.setattr("tolerance.sample.write_all", die)
        with pytest.raises(KeyboardInterrupt):
            make_sample(out, customers=20, contacts=200, years=1, daily_days=3)
    assert not out.exists()
    make_sample(out, customers=20, contacts=200, years=1, daily_days=3)
    assert [p.name for p in tmp_path.iterdir()] == ["company"]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="not empty"):
        make_sample(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "sizes",
    [
        {"customers": 19},
        {"customers": 50, "contacts": 49},
        {"years": 0},
        {"daily_days": 0},
        {"years": 1, "daily_days": 365},
    ],
)
def test_sizes_that_make_no_company_are_refused(tmp_path: Path, sizes: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="A sample needs"):
        make_sample(tmp_path / "company", **sizes)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_words_are_varied_in_both_languages(language: str) -> None:
    assert len(HARMLESS_TOPICS) >= 15
    for incident_type in TYPES:
        assert len(words_about(incident_type, language).sentences) >= 4
    for topic in HARMLESS_TOPICS:
        assert words_about(topic, language).sentences
    assert len(MANNERS[language].greetings) > 3


def test_progress_is_told_in_sentences(tmp_path: Path) -> None:
    heard: list[str] = []
    make_sample(
        tmp_path / "company",
        customers=20,
        contacts=200,
        years=1,
        daily_days=3,
        progress=heard.append,
    )
    assert len(heard) >= 3

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
from tolerance.sample.phrases import HARMLESS_TOPICS
from tolerance.settings import PROJECT_ROOT

PARIS = ZoneInfo("Europe/Paris")
UNTIL = date(2026, 10, 31)
SIZES: dict[str, Any] = {"customers": 250, "contacts": 5_000, "years": 5, "daily_days": 30}
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
PARIS_CODES = {
    "colis_perdu": "delivery_lost",
    "retard_livraison": "delivery_late",
    "produit_defectueux": "product_defect",
    "panne_service": "service_outage",
    "erreur_facture": "billing_error",
    "remboursement_non_recu": "refund_missing",
    "fraude_carte": "payment_fraud",
    "autre": "other",
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
    for source in ("faq", "mail", "tickets"):  # a small company has days without a contact
        days = {date.fromisoformat(p.name) for p in (root / source).iterdir()}
        assert min(days) == first
        all_days |= days
    days_of_delivery = {first + timedelta(n) for n in range(SIZES["daily_days"] + 1)}
    assert all_days <= days_of_delivery
    assert len(all_days) > 0.8 * len(days_of_delivery)
    assert (root / "customers" / first.isoformat() / "customers.csv").is_file()
    assert len([*(root / "customers").iterdir()]) > 1


@pytest.mark.parametrize("source", ["faq", "mail", "tickets"])
def test_every_contact_of_the_truth_is_delivered_and_no_other(
    made: tuple[Path, SampleCounts], source: str
) -> None:
    root, _ = made
    rows = [row for row in truth(root, "contacts") if row["source"] == source]
    # A web form gives several mails one Message-ID: the time tells them apart.
    assert len({(row["native_id"], row["occurred_at"]) for row in rows}) == len(rows) > 0
    assert native_ids(source, root) == {row["native_id"] for row in rows}


def test_customers_of_the_truth_agree_with_the_files(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    rows = {(row["source"], row["native_id"]): row for row in truth(root, "contacts")}
    merged = {m["from_customer_id"]: m["to_customer_id"] for m in truth(root, "customer_merges")}
    for call in calls(root):
        named = call["customer_id"]
        assert rows["faq", call["call_id"]]["customer_id"] == merged.get(named, named)
    known = {
        line["customer_id"]
        for path in root.glob("customers/*/customers.csv")
        for line in table(path.read_text("utf-8"))
    }
    assert merged.keys() | set(merged.values()) <= known
    assert len([c for c in known - merged.keys() if not c.startswith("C99")]) == SIZES["customers"]
    for ticket in tickets(root):
        if "id" in ticket and ticket["id"] >= 10_000 and ticket["requester"]["external_id"]:
            customer = rows["tickets", str(ticket["id"])]["customer_id"]
            assert customer == ticket["requester"]["external_id"]
            assert customer in known
    assert {i["customer_id"] for i in truth(root, "incidents")} <= known


def test_customers_registered_twice_are_merged_and_call_under_either_id(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    planted = truth(root, "customer_merges")
    delivered = [
        (path.parent.name, line)
        for path in sorted(root.glob("customer_merges/*/*.csv"))
        for line in table(path.read_text("utf-8"))
    ]
    assert delivered == [(line["merged_on"], line) for line in planted]
    named = Counter(call["customer_id"] for call in calls(root))
    assert planted
    assert all(named[line["from_customer_id"]] and named[line["to_customer_id"]] for line in planted)


def test_codes_and_tags_say_the_type_of_the_truth_but_for_a_few(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    kinds = {(r["source"], r["native_id"]): r["incident_type"] for r in truth(root, "contacts")}
    miscoded: Counter[str] = Counter()
    of_calls = {call["call_id"]: call for call in calls(root)}
    for call in of_calls.values():
        kind = kinds["faq", call["call_id"]]
        code = PARIS_CODES.get(call["faq_code"], call["faq_code"])
        assert code in (*TYPES, *HARMLESS_TOPICS, "other")
        if code in TYPES:
            miscoded["incident codes"] += 1
            miscoded["questions"] += kind != code
            assert kind in ("", code)
        elif kind:
            assert code in ("other", *HARMLESS_TOPICS)
    assert 0 < miscoded["questions"] < 0.03 * miscoded["incident codes"]
    newest = {t["id"]: t for t in tickets(root) if t.get("id", 0) >= 10_000}
    assert any(len(set(t["tags"]) & set(TYPES)) > 1 for t in newest.values())
    misfiled = 0
    for number, ticket in newest.items():
        tagged = [tag for tag in ticket["tags"] if tag in TYPES]
        kind = kinds["tickets", str(number)]
        if tagged and ticket["status"] != "deleted":
            assert min(tagged, key=[*TYPES].index) == kind
        misfiled += bool(kind) and not tagged and ticket["type"] not in ("incident", "problem")
    assert misfiled < 0.03 * len(newest)


def test_questions_and_praise_stand_under_other_beside_incidents(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    rows = {r["native_id"]: r for r in truth(root, "contacts") if r["source"] == "faq"}
    others = [rows[c["call_id"]] for c in calls(root) if c["faq_code"] in ("other", "autre")]
    incidents = sum(row["incident_no"] != "" for row in others)
    assert 0.2 < incidents / len(others) < 0.8
    assert any(row["matter"] == "praise" for row in others)


def test_thanks_after_a_resolution_belong_to_the_incident_and_tell_of_none(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    ends = {i["incident_no"]: i["ends_as"] for i in truth(root, "incidents")}
    thanks = [r for r in truth(root, "contacts") if r["kind"] == "resolved"]
    assert len(thanks) > 10
    for row in thanks:
        assert row["incident_no"] == ""
        assert ends[row["about_incident_no"]] == "transient"


def deadline_hours() -> dict[str, int | None]:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "incident_types.csv").open(encoding="utf-8") as file:
        return {
            row["incident_type"]: int(row["deadline_hours"]) if row["deadline_hours"] else None
            for row in csv.DictReader(file)
        }


def test_each_incident_ends_as_the_rule_says_of_its_delivered_ticket(made: tuple[Path, SampleCounts]) -> None:
    root, _ = made
    hours = deadline_hours()
    newest: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for path in sorted(root.glob("tickets/*/tickets.json")):
        document = json.loads(path.read_text("utf-8"))
        metrics = {(m["ticket_id"], m["updated_at"]): m for m in document["metric_sets"]}
        for ticket in document["tickets"]:
            state = ticket, metrics.get((ticket.get("id"), ticket["updated_at"]), {})
            before = newest.get(str(ticket.get("id")))
            if before is None or before[0]["updated_at"] <= ticket["updated_at"]:
                newest[str(ticket.get("id"))] = state
    ticket_of = {
        r["incident_no"]: newest[r["native_id"]]
        for r in truth(root, "contacts")
        if r["source"] == "tickets" and r["incident_no"]
    }
    end = datetime.combine(UNTIL + timedelta(days=1), datetime.min.time(), PARIS)
    seen: Counter[tuple[str, str]] = Counter()
    for incident in truth(root, "incidents"):
        expected, allowed = incident["category"], hours[incident["incident_type"]]
        if incident["incident_no"] in ticket_of and allowed is not None:
            ticket, metrics = ticket_of[incident["incident_no"]]
            deadline = datetime.fromisoformat(incident["occurred_at"]) + timedelta(hours=allowed)
            solved = metrics["solved_at"] and datetime.fromisoformat(metrics["solved_at"])
            in_time = bool(solved and solved <= deadline)
            is_bad = ticket["satisfaction_rating"]["score"] == "bad"
            if expected == "cumulative" and in_time and not metrics["reopens"] and not is_bad:
                expected = "transient"
            elif expected == "transient":
                is_missed = deadline < end and not in_time
                expected = "cumulative" if is_missed or is_bad or metrics["reopens"] >= 2 else "transient"
        else:
            assert incident["outcome"] == "no_ticket" or allowed is None
        assert incident["ends_as"] == expected, incident
        seen[incident["category"], expected] += 1
    assert min(seen[a, b] for a in ("cumulative", "transient") for b in ("cumulative", "transient")) > 5


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


def test_but_for_hard_cases_incidents_of_one_type_lie_further_apart_than_any_link_window(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    numbers = {(r["source"], r["native_id"]): r["incident_no"] for r in truth(root, "contacts")}
    hard = {
        numbers[source, native_id]
        for case in truth(root, "hard_cases")
        if case["kind"] == "two_tickets_of_one_type"
        for source, _, native_id in [contact.partition(":") for contact in case["contacts"].split()]
    }
    by_person: dict[tuple[str, str], list[datetime]] = {}
    for incident in truth(root, "incidents"):
        if incident["incident_no"] in hard:
            continue
        key = incident["customer_id"], incident["incident_type"]
        by_person.setdefault(key, []).append(datetime.fromisoformat(incident["occurred_at"]))
    assert hard
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
    assert {PARIS_CODES.get(c["faq_code"], c["faq_code"]) for c in calls(root)} >= set(TYPES)
    assert {c["faq_code"] for c in calls(root)} > set(PARIS_CODES)
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


def test_the_last_day_brings_a_cumulative_incident_also_in_a_small_company(
    made: tuple[Path, SampleCounts],
) -> None:
    root, _ = made
    days = Counter(
        datetime.fromisoformat(i["occurred_at"]).astimezone(PARIS).date()
        for i in truth(root, "incidents")
        if i["category"] == "cumulative"
    )
    assert days[UNTIL] >= 1


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

"""Each CRM's list, read back by another reader, holds the published rows cell by cell as it wants them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.crm.published import DAY, Alert, alerts, number, published_state, sorted_alerts
from tolerance.crm.export import export_alerts
from tolerance.crm.list_profile import Column, Kind, ListProfile
from tolerance.crm.list_profiles import canonical, list_profiles, profiles_named
from tolerance.state import State

CRMS = ("dynamics", "hubspot", "odoo", "pipedrive", "salesforce", "suitecrm", "zoho")
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All lists of one date."""
    state = published_state(tmp_path_factory.mktemp("lists") / "state", alerts())
    export_alerts(state, profiles_named(",".join(CRMS)))
    return state.outbox / DAY


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_there_is_a_profile_for_each_crm() -> None:
    assert list_profiles().keys() == {*CRMS, canonical.PROFILE.name}


# The canonical list ----------------------------------------------------------------------

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def as_ever(value: object) -> str:
    """A cell as the first release wrote it, by Python."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (date, int, Decimal)):
        return str(value)
    text = str(value)
    if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def test_the_canonical_list_is_byte_for_byte_what_it_was_when_python_wrote_it(written: Path) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    rows = [vars(row) for row in sorted_alerts()]
    writer.writerow(rows[0])
    writer.writerows([as_ever(value) for value in row.values()] for row in rows)
    assert (written / "alerts.csv").read_bytes() == buffer.getvalue().encode("utf-8")


# The CRMs' lists ---------------------------------------------------------------------------


def in_language(row: Alert, name: str) -> str | None:
    language = "fr" if (row.preferred_language or "").startswith("fr") else "en"
    text: str | None = getattr(row, f"{name}_{language}")
    return text


LABELS = {
    "service_outage": ("Service interrompu", "Service outage"),
    "billing_error": ("Erreur de facturation", "Billing error"),
    "unheard_of": ("unheard_of", "unheard_of"),
}


def title(row: Alert) -> str:
    is_french = (row.preferred_language or "").startswith("fr")
    label = LABELS[row.incident_type][0 if is_french else 1]
    customer = row.customer_id[:50]
    if is_french:
        return f"{label}, client {customer}, priorité {row.priority} (alerte {row.alert_id})"
    return f"{label}, customer {customer}, priority {row.priority} (alert {row.alert_id})"


def record_state(row: Alert) -> str | None:
    if row.status != "open":
        return "closed"
    return "new" if row.change == "new" or row.change_reason == "reopened" else None


def facts(row: Alert) -> str:
    is_french = (row.preferred_language or "").startswith("fr")
    told = [row.reason_fr if is_french else row.reason_en]

    def local(instant: datetime) -> str:
        return instant.astimezone(PARIS).strftime("%Y-%m-%d %H:%M")

    if row.resolved_at:
        told.append(f"{'Résolu le' if is_french else 'Solved on'} {local(row.resolved_at)}.")
    if row.incident_deadline_at:
        words = "À résoudre avant le" if is_french else "To be solved by"
        told.append(f"{words} {local(row.incident_deadline_at)}.")
    if row.balance_today_points is not None:
        balance = str(row.balance_today_points.quantize(Decimal("0.01"), ROUND_HALF_UP))
        told.append(
            f"Solde à ce jour : {balance.replace('.', ',')} points."
            if is_french
            else f"Balance today: {balance} points."
        )
    if row.first_safe_month:
        month = row.first_safe_month.strftime("%Y-%m")
        told.append(
            f"Un incident de plus est supportable à partir de {month}."
            if is_french
            else f"One more incident is bearable from {month}."
        )
    return " ".join(told)


MADE: dict[str, Callable[[Alert], Any]] = {
    "title": title,
    "record_state": record_state,
    "reason_and_facts": facts,
    "evidence": lambda row: f"{row.evidence_file_name}, {row.evidence_record_no}",
    "alert_external_id": lambda row: f"tolerance_alert_{row.alert_id}",
    "alert_guid": lambda row: "-".join(
        row.alert_id[begin:end] for begin, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    ),
    "customer_external_id": lambda row: {
        "C.2": "tolerance_customer_C_x2E2",
        '=HYPERLINK("https://x.test";"a")': (
            "tolerance_customer__x3DHYPERLINK_x28_x22https_x3A_x2F_x2Fx_x2Etest_x22_x3B_x22a_x22_x29"
        ),
    }.get(row.customer_id, f"tolerance_customer_{row.customer_id}"),
}
for name in ("reason", "playbook_title", "first_step"):
    MADE[name] = lambda row, name=name: in_language(row, name)

INSTANTS: dict[str, Callable[[datetime], str]] = {
    "salesforce": lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "dynamics": lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "zoho": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    "hubspot": lambda at: str(int(at.timestamp()) * 1000),
    "suitecrm": lambda at: at.strftime("%Y-%m-%d %H:%M"),
    "odoo": lambda at: at.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S"),
    "pipedrive": lambda at: at.astimezone(PARIS).strftime("%Y-%m-%d %H:%M"),
}
NULLS = {"salesforce": "#N/A", "odoo": "n/a"}
YES_NO = {"dynamics": ("Yes", "No"), "pipedrive": ("Yes", "No"), "suitecrm": ("1", "0")}
LEFT_TO_THE_AGENT = {"Status", "Origin"}  # of Salesforce: empty leaves a field as it is


def expected(crm: str, column: Column, row: Alert) -> str:
    value = MADE[column.source](row) if column.source in MADE else getattr(row, column.source)
    if value is None or value == "":
        return "" if crm == "salesforce" and column.header in LEFT_TO_THE_AGENT else NULLS.get(crm, "")
    if isinstance(value, bool):
        return YES_NO.get(crm, ("true", "false"))[0 if value else 1]
    if isinstance(value, datetime):
        return INSTANTS[crm](value)
    if isinstance(value, Decimal):
        return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))
    if column.kind is Kind.PICKLIST:
        return column.words.get(str(value), column.other or "no such word")
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", as_ever(value)).lstrip()
    most = column.most_characters or len(text)
    return text if len(text) <= most else text[: most - 1] + "…"


@pytest.mark.parametrize("crm", CRMS)
def test_every_cell_of_a_list_is_the_published_value_as_the_crm_wants_it(written: Path, crm: str) -> None:
    columns = list_profiles()[crm].columns
    assert columns
    header, *rows = table(written / crm / "alerts.csv")
    assert header == [column.header for column in columns]
    assert len(set(header)) == len(header)
    assert len(rows) == len(alerts())
    for cells, alert in zip(rows, sorted_alerts(), strict=True):
        wanted = {column.header: expected(crm, column, alert) for column in columns}
        assert dict(zip(header, cells, strict=True)) == wanted


HEADS = {
    "salesforce": [
        "Alert_Id__c",
        "Account.Customer_Id__c",
        "Subject",
        "Description",
        "Priority",
        "Status",
        "Origin",
    ],
    "hubspot": [
        *("alert_id", "customer_id", "subject", "content", "hs_ticket_priority"),
        *("hs_pipeline", "hs_pipeline_stage"),
    ],
    "dynamics": ["Alert ID", "Customer", "Case Title", "Description", "Priority", "Origin"],
    "zoho": [
        *("Alert_ID", "Account_Name.Customer_ID", "Subject", "Description", "Priority"),
        *("Status", "Case_Origin"),
    ],
    "pipedrive": ["Deal - Title", "Organization - Name", "Deal - Alert ID", "Deal - Reason", "Deal - Label"],
    "odoo": ["id", "partner_id/id", "name", "description", "priority"],
    "suitecrm": ["id", "account_id", "name", "description", "priority"],
}
PRIORITIES = {
    "salesforce": ("High", "Medium", "Medium", "Low"),
    "hubspot": ("HIGH", "MEDIUM", "MEDIUM", "LOW"),
    "dynamics": ("High", "Normal", "Normal", "Low"),
    "zoho": ("High", "Medium", "Medium", "Low"),
    "pipedrive": ("Hot", "Warm", "Warm", "Cold"),
    "odoo": ("3", "2", "1", "0"),
    "suitecrm": ("P1", "P2", "P2", "P3"),
}


@pytest.mark.parametrize("crm", CRMS)
def test_the_crms_own_fields_come_first_under_its_names_and_with_its_words(written: Path, crm: str) -> None:
    header, *rows = table(written / crm / "alerts.csv")
    assert header[: len(HEADS[crm])] == HEADS[crm]
    place = HEADS[crm].index(
        "Deal - Label"
        if crm == "pipedrive"
        else next(name for name in HEADS[crm] if name.lower().endswith("priority"))
    )
    own = next(at for at, name in enumerate(header) if re.search("alert.priority", name, re.IGNORECASE))
    told = {int(cells[own]): cells[place] for cells in rows}
    assert tuple(told[priority] for priority in (1, 2, 3, 4)) == PRIORITIES[crm]


@pytest.mark.parametrize("crm", CRMS)
def test_a_title_holds_the_whole_id_of_its_alert_whatever_the_field_holds(written: Path, crm: str) -> None:
    columns = list_profiles()[crm].columns or ()
    (place,) = [at for at, column in enumerate(columns) if column.source == "title"]
    long = title(replace(Alert(number(8)), customer_id="c" * 50, incident_type="unheard_of"))
    assert len(long) + 60 < (columns[place].most_characters or 1_000)
    _, *rows = table(written / crm / "alerts.csv")
    for cells, alert in zip(rows, sorted_alerts(), strict=True):
        assert alert.alert_id in cells[place]


def test_only_dynamics_files_begin_with_a_byte_order_mark(written: Path) -> None:
    marked = {crm for crm in CRMS if (written / crm / "alerts.csv").read_bytes().startswith(b"\xef\xbb\xbf")}
    assert marked == {"dynamics"}


@pytest.mark.parametrize("crm", CRMS)
def test_every_line_is_one_row_and_ends_with_a_line_feed_alone(written: Path, crm: str) -> None:
    content = (written / crm / "alerts.csv").read_bytes()
    assert content.count(b"\n") == len(alerts()) + 1
    assert b"\r" not in content


def test_odoo_gets_no_empty_cell_because_it_would_empty_the_field(written: Path) -> None:
    assert all(cell for row in table(written / "odoo" / "alerts.csv") for cell in row)


def test_a_record_whose_agent_has_begun_keeps_its_state(written: Path) -> None:
    header, *rows = table(written / "salesforce" / "alerts.csv")
    states = {row[header.index("Alert_Id__c")]: row[header.index("Status")] for row in rows}
    assert states == {
        number(1): "New",
        number(2): "",
        number(3): "New",
        number(4): "Closed",
        number(5): "New",
        number(6): "New",
        number(7): "Closed",
    }


# Limits --------------------------------------------------------------------------------------


def small(**limits: int) -> ListProfile:
    return replace(list_profiles()["dynamics"], **limits)


def exported(
    tmp_path: Path, profile: ListProfile, monkeypatch: pytest.MonkeyPatch, rows: list[Alert]
) -> State:
    state = published_state(tmp_path / "state", rows)
    monkeypatch.setattr("tolerance.crm.export.list_profiles", lambda: {profile.name: profile})
    export_alerts(state, (canonical.PROFILE, profile))
    return state


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [({"most_rows": 3}, [3, 3, 1]), ({"most_rows": 7}, [7]), ({"most_bytes": 4_000}, None)],
)
def test_a_list_is_cut_at_rows_where_a_file_would_be_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], sizes: list[int] | None
) -> None:
    profile = small(**limits)
    folder = exported(tmp_path, profile, monkeypatch, alerts()).outbox / DAY / "dynamics"
    paths = sorted(folder.iterdir())
    names = [f"alerts-{at}.csv" for at in range(1, len(paths) + 1)] if len(paths) > 1 else ["alerts.csv"]
    assert [path.name for path in paths] == names
    tables = [table(path) for path in paths]
    assert len({tuple(rows[0]) for rows in tables}) == 1
    ids = [row[0] for rows in tables for row in rows[1:]]
    assert ids == [row.alert_id for row in sorted_alerts()]
    if sizes:
        assert [len(rows) - 1 for rows in tables] == sizes
    else:
        assert len(paths) > 1
        assert all(path.stat().st_size <= limits["most_bytes"] for path in paths)
        # Each file is as full as it can be.
        for path, following in pairwise(paths):
            next_row = following.read_bytes().split(b"\n")[1] + b"\n"
            assert path.stat().st_size + len(next_row) > limits["most_bytes"]
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in paths)

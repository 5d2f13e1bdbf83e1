"""What really happened, written beside the sample. For tests only: no reader opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

from tolerance.sample.contacts import Contact
from tolerance.sample.deliveries import BadRecord, Deliveries
from tolerance.sample.departures import BASE_HAZARD, LEAST_DAYS, ODDS_RATIO, Departure
from tolerance.sample.doubles import Double
from tolerance.sample.hard_cases import HardCase
from tolerance.sample.incidents import Incident, category
from tolerance.sample.lives import BUDGET, Lives
from tolerance.sample.moments import end_of_day
from tolerance.sample.resolutions import step_at

_NOBODY = ("bounce", "newsletter")


def number_incidents(contacts: Sequence[Contact], until: date) -> list[Incident]:
    """The incidents that exist at the sample's end, numbered in the order of their first contact.

    Sets `incident_no` and `at` of each. A deleted ticket tells of nothing: an incident that only such a
    one reported does not count and keeps an empty number.
    """
    end = end_of_day(until)
    incidents: dict[int, Incident] = {}
    for contact in contacts:  # in the order of time
        state = step_at(contact.steps, end)
        if state is not None and state.status == "deleted":
            contact.incident = None
        incident = contact.incident
        if incident is None:
            continue
        if not incident.incident_no:
            incident.incident_no = f"I{len(incidents) + 1:06d}"
            incident.at = contact.at
            incidents[id(incident)] = incident
    return [*incidents.values()]


def put_truth(
    deliveries: Deliveries,
    contacts: Sequence[Contact],
    incidents: Sequence[Incident],
    lives: Lives,
    twice: Sequence[Double],
) -> None:
    """Add the truth files to the deliveries."""
    tables = {
        "incidents": (
            "incident_no;customer_id;incident_type;category;occurred_at;outcome;ends_as",
            (_incident_row(incident) for incident in incidents),
        ),
        "contacts": (
            "source;native_id;customer_id;incident_no;incident_type;occurred_at;about_incident_no;kind;matter",
            (_contact_row(contact) for contact in contacts),
        ),
        "bad_records": ("source;file_name;reason", (_bad_row(bad) for bad in deliveries.bad_records)),
        "hard_cases": ("kind;contacts", _case_rows(lives.hard_cases, contacts)),
        "customer_merges": (
            "from_customer_id;to_customer_id;merged_on",
            ((d.former_id, d.person.customer_id, d.merged_on.isoformat()) for d in twice),
        ),
        "departures": (
            "customer_id;departed_on;month;remembered_points;balance_points;hazard",
            (_departure_row(departure) for departure in lives.departures if departure.person.ended_on),
        ),
        "departure_model": (
            "parameter;value",
            (
                ("base_hazard_a_month", str(BASE_HAZARD)),
                ("odds_ratio_per_100_points", str(ODDS_RATIO)),
                ("least_days", str(LEAST_DAYS)),
            ),
        ),
    }
    for name, (header, rows) in tables.items():
        deliveries.files[f"truth/{name}.csv"] = _table(header, rows)


def _incident_row(incident: Incident) -> tuple[str, ...]:
    return (
        incident.incident_no,
        incident.person.customer_id,
        incident.incident_type,
        category(incident.incident_type),
        _stamp(incident.at) if incident.at else "",
        incident.outcome,
        incident.ends_as,
    )


def _contact_row(contact: Contact) -> tuple[str, ...]:
    incident = contact.incident
    number = incident.incident_no if incident else ""
    return (
        contact.source,
        contact.native_id,
        "" if contact.kind in _NOBODY else contact.person.customer_id,
        number,
        incident.incident_type if incident and number else "",
        _stamp(contact.at),
        contact.about.incident_no if contact.about else number,
        contact.kind,
        contact.matter,
    )


def _case_rows(cases: Sequence[HardCase], contacts: Sequence[Contact]) -> Iterator[tuple[str, ...]]:
    """The kind and the contacts as `source:native_id`; only what was delivered in full."""
    delivered = {id(contact) for contact in contacts}
    for case in cases:
        if all(id(contact) in delivered for contact in case.contacts):
            yield case.kind, " ".join(f"{c.source}:{c.native_id}" for c in case.contacts)


def _departure_row(departure: Departure) -> tuple[str, ...]:
    return (
        departure.person.customer_id,
        departure.on.isoformat(),
        departure.month.isoformat(),
        f"{departure.remembered_points:.6f}",
        f"{BUDGET - departure.remembered_points:.6f}",
        f"{departure.hazard:.6f}",
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _bad_row(bad: BadRecord) -> tuple[str, ...]:
    return bad.source, bad.file_name, bad.reason.value


def _table(header: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(header.split(";"))
    writer.writerows(rows)
    return buffer.getvalue().encode()

"""What really happened, written beside the sample. For tests only: no reader opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC

from tolerance.sample.contacts import Contact
from tolerance.sample.deliveries import BadRecord, Deliveries, end_of_day
from tolerance.sample.incidents import Incident, category

_NOBODY = ("bounce", "newsletter")


def number_incidents(contacts: Sequence[Contact], deliveries: Deliveries) -> list[Incident]:
    """The incidents that exist at the sample's end, numbered in the order of their first contact.

    Sets `incident_no` and `at` of each. An incident that only a deleted ticket reported does not
    count and keeps an empty number.
    """
    end = end_of_day(deliveries.until)
    deleted = set()
    for ticket in deliveries.tickets:
        step = ticket.step_at(end)
        if step is not None and step.status == "deleted":
            deleted.add(ticket.contact.native_id)
    incidents: dict[int, Incident] = {}
    for contact in contacts:  # in the order of time
        incident = contact.incident
        if incident is None or (contact.source == "tickets" and contact.native_id in deleted):
            continue
        if not incident.incident_no:
            incident.incident_no = f"I{len(incidents) + 1:06d}"
            incident.at = contact.at
            incidents[id(incident)] = incident
    return [*incidents.values()]


def put_truth(deliveries: Deliveries, contacts: Sequence[Contact], incidents: Sequence[Incident]) -> None:
    """Add the three truth files to the deliveries."""
    deliveries.files["truth/incidents.csv"] = _table(
        "incident_no;customer_id;incident_type;category;occurred_at",
        (
            (
                i.incident_no,
                i.person.customer_id,
                i.incident_type,
                category(i.incident_type),
                i.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if i.at else "",
            )
            for i in incidents
        ),
    )
    deliveries.files["truth/contacts.csv"] = _table(
        "source;native_id;customer_id;incident_no;incident_type",
        (_contact_row(contact) for contact in contacts),
    )
    deliveries.files["truth/bad_records.csv"] = _table(
        "source;file_name;reason", (_bad_row(bad) for bad in deliveries.bad_records)
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
    )


def _bad_row(bad: BadRecord) -> tuple[str, ...]:
    return bad.source, bad.file_name, bad.reason.value


def _table(header: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(header.split(";"))
    writer.writerows(rows)
    return buffer.getvalue().encode()

"""A record per alert in Salesforce: Bulk API 2.0, upsert by an External ID."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import LEAVE, SalesforceDestination
from tolerance.crm.delivery.items import Answer, DestinationError, Item, Outcome
from tolerance.crm.delivery.senders.http import FailedError, PatientClient, client_for

_NULL = "#N/A"
"""What empties a field; an empty cell leaves it as it was."""

_DONE = {"JobComplete", "Failed", "Aborted"}


@contextmanager
def salesforce_sender(
    destination: SalesforceDestination, connection: Connection, clock: Clock
) -> Iterator[SalesforceSender]:
    """A sender that is logged in by the client credentials flow: the connection's login and password are the
    connected app's consumer key and secret, its host the company's own domain.
    """
    with client_for(destination, connection) as client:
        patient = PatientClient(client, destination, connection, clock)
        try:
            response = patient.request(
                "POST",
                "/services/oauth2/token",
                is_repeatable=True,
                data={
                    "grant_type": "client_credentials",
                    "client_id": connection.login,
                    "client_secret": connection.password,
                },
            )
        except FailedError as failed:
            raise DestinationError(f"The login has no answer because {failed}") from None
        given = response.json() if response.is_success else {}
        if "access_token" not in given:
            raise DestinationError(
                f"It refuses the login of the connection {connection.conn_id} ({patient.said(response)})",
                "correct the connection in Airflow.",
            )
        client.headers["Authorization"] = f"Bearer {given['access_token']}"
        jobs = f"{given.get('instance_url', '')}/services/data/{destination.api_version}/jobs/ingest"
        yield SalesforceSender(destination, patient, clock, jobs)


class SalesforceSender:
    """Sends a batch as one job."""

    sends_at_once = True

    def __init__(
        self, destination: SalesforceDestination, client: PatientClient, clock: Clock, jobs: str
    ) -> None:
        self._destination = destination
        self._client = client
        self._clock = clock
        self._jobs = jobs

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Send the items as one job and read what became of each."""
        try:
            job = self._uploaded(items)
        except FailedError as failed:  # a job that is not closed does nothing
            raise DestinationError(f"No job can be made because {failed}") from None
        waiting = {item.key: item for item in items}
        failure = None
        try:
            failure = self._ended(job)
            for outcome in self._outcomes(job, waiting):
                del waiting[outcome.item.key]
                yield outcome
        except FailedError as failed:
            for item in waiting.values():
                yield Outcome(item, Answer.UNCLEAR, sentence=str(failed))
            return
        if failure and waiting:
            raise DestinationError(f"It ended the job {job} ({failure})", "correct destinations.yml.")
        for item in waiting.values():
            yield Outcome(item, Answer.UNCLEAR, sentence=f"the job {job} does not tell of it")

    def _uploaded(self, items: Sequence[Item]) -> str:
        """The id of a new job that has these items."""
        made = self._checked(
            self._client.request(
                "POST",
                self._jobs,
                is_repeatable=True,  # a job that nobody closes does nothing
                json={
                    "object": self._destination.object,
                    "externalIdFieldName": self._destination.key_field,
                    "operation": "upsert",
                    "contentType": "CSV",
                    "lineEnding": "LF",
                },
            ),
            "make a job",
        )
        job = str(made.json()["id"])
        self._checked(
            self._client.request(
                "PUT",
                f"{self._jobs}/{job}/batches",
                is_repeatable=True,
                content=self._written(items),
                headers={"Content-Type": "text/csv"},
            ),
            "upload",
        )
        return job

    def _ended(self, job: str) -> str | None:
        """Close the job and wait for its end; why it failed, if it did."""
        place = f"{self._jobs}/{job}"
        # Closing it twice is refused, so how it stands is asked for in any case.
        self._client.request("PATCH", place, is_repeatable=True, json={"state": "UploadComplete"})
        until = self._clock.now().timestamp() + self._destination.patience_seconds
        while True:
            told = self._checked(
                self._client.request("GET", place, is_repeatable=True), "look at a job"
            ).json()
            if told["state"] in _DONE:
                break
            if told["state"] == "Open":
                raise FailedError(f"the job {job} cannot be closed")
            if self._clock.now().timestamp() > until:
                raise FailedError(
                    f"the job {job} did not end within {self._destination.patience_seconds:g} s"
                )
            self._clock.sleep(self._destination.poll_seconds)
        return None if told["state"] == "JobComplete" else str(told.get("errorMessage") or told["state"])

    def _outcomes(self, job: str, items: dict[str, Item]) -> Iterator[Outcome]:
        """What the job tells of each item, which it names by its External ID."""
        for row in self._results(job, "successfulResults"):
            if (item := items.get(row.get(self._destination.key_field, ""))) is not None:
                yield Outcome(item, Answer.ACCEPTED, record_id=row.get("sf__Id") or None)
        for row in self._results(job, "failedResults"):
            if (item := items.get(row.get(self._destination.key_field, ""))) is not None:
                yield Outcome(item, Answer.REFUSED, sentence=self._client.told(row.get("sf__Error") or ""))

    def _results(self, job: str, name: str) -> list[dict[str, str]]:
        response = self._client.request("GET", f"{self._jobs}/{job}/{name}", is_repeatable=True)
        return list(csv.DictReader(io.StringIO(self._checked(response, "read results").text, newline="")))

    def _checked(self, response: httpx.Response, what: str) -> httpx.Response:
        if not response.is_success:
            raise DestinationError(
                f"It does not let us {what}: {self._client.said(response)}",
                "correct object, key_field and fields in destinations.yml.",
            )
        return response

    def _written(self, items: Sequence[Item]) -> bytes:
        fields = {
            name: value
            for name, value in self._destination.fields.items()
            if name != self._destination.key_field
        }
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow([self._destination.key_field, *fields])
        writer.writerows(
            [item.key, *(_cell(value.of(item.row)) for value in fields.values())] for item in items
        )
        return buffer.getvalue().encode("utf-8")


def _cell(value: Any) -> str:
    if value is LEAVE:
        return ""
    if value is None:
        return _NULL
    return str(value).lower() if isinstance(value, bool) else str(value)

"""A record per alert in a JSON API without upsert: looked up by the alert's id, then changed or made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import RestDestination
from tolerance.crm.delivery.items import Answer, DestinationError, Item, Outcome
from tolerance.crm.delivery.senders.http import FailedError, PatientClient, UnclearError, at, client_for

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE}


@contextmanager
def rest_sender(destination: RestDestination, connection: Connection, clock: Clock) -> Iterator[RestSender]:
    """A sender with the login of the connection: a name and a password, a token, or headers of its own."""
    headers = {"Accept": "application/json", **connection.extra.get("headers", {})}
    login = None
    if connection.login:
        login = httpx.BasicAuth(connection.login, connection.password)
    elif connection.password:
        headers["Authorization"] = f"{destination.token_scheme} {connection.password}"
    with client_for(destination, connection, headers=headers, auth=login) as client:
        yield RestSender(destination, PatientClient(client, destination, connection, clock))


class RestSender:
    """Sends alerts one by one."""

    sends_at_once = False

    def __init__(self, destination: RestDestination, client: PatientClient) -> None:
        self._destination = destination
        self._client = client

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Send the items; each has one record afterwards, however often it was sent."""
        for item in items:
            try:
                yield self._sent(item)
            except FailedError as failed:
                yield Outcome(item, Answer.UNCLEAR, sentence=str(failed))

    def _sent(self, item: Item) -> Outcome:
        found = self._found(item)
        if len(found) > 1:
            return Outcome(
                item,
                Answer.REFUSED,
                sentence=f"{len(found)} records have this {self._destination.key_field}: merge them",
            )
        body = {name: value.of(item.row) for name, value in self._destination.fields.items()}
        body[self._destination.key_field] = item.key
        if found:
            response = self._client.request(
                self._destination.change_by, self._place(found[0]), is_repeatable=True, json=body
            )
            record_id: str | None = found[0]
        elif self._destination.update_only:
            return Outcome(item, Answer.REFUSED, sentence="there is no record of it, and update_only is set")
        else:
            response = self._client.request(
                "POST", self._destination.path, is_repeatable=False, json=body, headers=_once_only(item)
            )
            record_id = None
        if response.is_success:
            return Outcome(item, Answer.ACCEPTED, record_id=record_id or self._id_in(response))
        if response.status_code in _GONE and (record_id or self._found(item)):
            # Removed or made since the look-up: the next one tells.
            raise UnclearError(self._client.said(response))
        return Outcome(item, Answer.REFUSED, sentence=self._client.said(response))

    def _found(self, item: Item) -> list[str]:
        """The CRM's ids of the records that have the alert's id."""
        destination = self._destination
        response = self._client.request(
            "GET", destination.path, is_repeatable=True, params={destination.key_field: item.key}
        )
        if not response.is_success:
            raise DestinationError(
                f"GET {destination.path} is refused: {self._client.said(response)}",
                "correct path and key_field in destinations.yml.",
            )
        records = at(destination.records_at, _json(response))
        if not isinstance(records, list):
            raise DestinationError(
                f"GET {destination.path} gives no list", "say in records_at where the answer has it."
            )
        return [
            str(at(destination.id_field, record)) for record in records if self._has_key(record, item.key)
        ]

    def _has_key(self, record: Any, key: str) -> bool:
        """Whether a record is this alert's: a server that does not know the parameter gives all it has."""
        given = at(self._destination.key_at or self._destination.key_field, record)
        if given is None:
            raise DestinationError(
                f"GET {self._destination.path} gives records without {self._destination.key_field}",
                "say in key_at where a record has it: it must be certain whose a record is.",
            )
        if at(self._destination.id_field, record) is None:
            raise DestinationError(
                f"GET {self._destination.path} gives records without an id", "say in id_field where it is."
            )
        return str(given) == key

    def _place(self, record_id: str) -> str:
        path = self._destination.path
        return f"{path}{record_id}/" if path.endswith("/") else f"{path}/{record_id}"

    def _id_in(self, response: httpx.Response) -> str | None:
        found = at(self._destination.id_field, _json(response))
        return None if found is None else str(found)


def _once_only(item: Item) -> dict[str, str]:
    """For servers that know the header: the same request again has no second effect."""
    return {"Idempotency-Key": f"{item.key}-{item.fingerprint}"}


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise UnclearError("its answer is no JSON") from None

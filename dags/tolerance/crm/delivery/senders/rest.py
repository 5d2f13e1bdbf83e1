"""A record per alert in a JSON API without upsert: looked up by the alert's id, then changed or made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import LEAVE, RestDestination, Value
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
        yield RestSender(destination, PatientClient(client, destination, connection, clock), clock)


class RestSender:
    """Sends alerts one by one."""

    sends_at_once = False

    def __init__(self, destination: RestDestination, client: PatientClient, clock: Clock) -> None:
        self._destination = destination
        self._client = client
        self._clock = clock
        self._finds_what_it_makes = False

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Send the items; each has one record afterwards, however often it was sent."""
        for item in items:
            try:
                outcome, is_new = self._sent(item)
                is_lost = is_new and not self._is_found(item)
            except FailedError as failed:
                yield Outcome(item, Answer.UNCLEAR, sentence=str(failed))
                continue
            if not is_lost:
                yield outcome
                continue
            made = f"record {outcome.record_id} was made" if outcome.record_id else "a record was made"
            yield Outcome(item, Answer.REFUSED, sentence=f"{made} and the look-up does not find it")
            raise DestinationError(
                f"{made[0].upper()}{made[1:]} for {item.key} and the look-up by "
                f"{self._destination.key_field} does not find it",
                "remove that record, and see whether the CRM has such a field.",
            )

    def _sent(self, item: Item) -> tuple[Outcome, bool]:
        """What became of an item, and whether a record was made for it."""
        found = self._found(item)
        if len(found) > 1:
            several = f"{len(found)} records have this {self._destination.key_field}: merge them"
            return Outcome(item, Answer.REFUSED, sentence=several), False
        if found:
            response = self._client.request(
                self._destination.change_by,
                self._place(found[0]),
                is_repeatable=True,
                json=self._body(item, {}),
            )
        elif item.row.get("status") == "retracted":
            return Outcome(item, Answer.ACCEPTED), False  # there is nothing to take back
        elif self._destination.update_only:
            sentence = "there is no record of it, and update_only is set"
            return Outcome(item, Answer.REFUSED, sentence=sentence), False
        else:
            response = self._client.request(
                "POST",
                self._destination.path,
                is_repeatable=False,
                json=self._body(item, self._destination.made_with),
                headers=_once_only(item),
            )
        if response.is_success:
            record_id = found[0] if found else self._id_in(response)
            return Outcome(item, Answer.ACCEPTED, record_id=record_id), not found
        if response.status_code in _GONE and (found or self._found(item)):
            # Removed or made since the look-up: the next one tells.
            raise UnclearError(self._client.said(response))
        return Outcome(item, Answer.REFUSED, sentence=self._client.said(response)), False

    def _is_found(self, item: Item) -> bool:
        """Whether the look-up finds what was made: a CRM may drop a field that it does not know, silently.

        Then every delivery would make another record. The first one of an attempt shows it.
        """
        if not self._finds_what_it_makes:
            self._finds_what_it_makes = bool(self._found(item))
        if not self._finds_what_it_makes:
            self._clock.sleep(self._destination.settle_seconds)
            self._finds_what_it_makes = bool(self._found(item))
        return self._finds_what_it_makes

    def _body(self, item: Item, besides: dict[str, Value]) -> dict[str, Any]:
        destination = self._destination
        body: dict[str, Any] = {}
        for name, value in (destination.fields | besides).items():
            if (given := value.of(item.row)) is not LEAVE:
                _put(body, name, given)
        _put(body, destination.key_at or destination.key_field, item.key)
        return body

    def _found(self, item: Item) -> list[str]:
        """The CRM's ids of the records that have the alert's id."""
        destination = self._destination
        response = self._client.request(
            "GET",
            destination.path,
            is_repeatable=True,
            params=destination.look_up | {destination.key_field: item.key},
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


def _put(body: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a path of names with dots between."""
    *above, name = path.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[name] = value


def _once_only(item: Item) -> dict[str, str]:
    """For servers that know the header: the same request again has no second effect."""
    return {"Idempotency-Key": f"{item.key}-{item.fingerprint}"}


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise UnclearError("its answer is no JSON") from None

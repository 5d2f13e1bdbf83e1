"""HTTP with patience: what may be repeated is, after a growing random wait or as long as the server asks for.

Three things can come of a request: an answer, the certainty that it was not carried out, or neither.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import tenacity

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import Destination
from tolerance.crm.delivery.items import DestinationError

_LOGIN_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
_UNCLEAR_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE}
_SENTENCES = ("message", "detail", "error_description", "error", "errors", "title", "non_field_errors")
"""Where JSON APIs say what is wrong."""


class FailedError(Exception):
    """A request without an answer to go by: `str` says why, as the end of a sentence with because."""

    def __init__(self, why: str, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.wait_seconds = wait_seconds


class NotTakenError(FailedError):
    """It was certainly not carried out."""


class UnclearError(FailedError):
    """It may have been carried out."""


class PatientClient:
    """Speaks HTTP with one destination."""

    def __init__(self, client: httpx.Client, destination: Destination, connection: Connection, clock: Clock):
        self._client = client
        self._destination = destination
        self._connection = connection
        self._clock = clock

    def request(self, method: str, url: str, *, is_repeatable: bool, **given: Any) -> httpx.Response:
        """The answer: a success, or a 4xx that is about the request itself.

        `is_repeatable` says that carrying it out twice has one effect. What was certainly not carried out is
        repeated in any case.

        Raises:
            FailedError: when there is none, however often it was tried.
            DestinationError: when no request can have one.
        """
        again = FailedError if is_repeatable else NotTakenError
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(again),
            stop=tenacity.stop_after_attempt(self._destination.retries + 1),
            wait=self._wait,
            sleep=self._clock.sleep,
            reraise=True,
        )
        response: httpx.Response = retrying(self._once, method, url, given)
        return response

    def said(self, response: httpx.Response) -> str:
        """The server's sentence in an answer that is no success."""
        found = _sentence(_json(response)) or response.reason_phrase
        return self._connection.told(f"{found} ({response.status_code})")

    def told(self, text: str) -> str:
        """A text of the server's as one short line."""
        return self._connection.told(text)

    def _once(self, method: str, url: str, given: Mapping[str, Any]) -> httpx.Response:
        try:
            response = self._client.request(method, url, **given)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise NotTakenError("it cannot be reached") from None
        except httpx.TimeoutException:
            seconds = self._destination.timeout_seconds
            raise UnclearError(f"it gave no answer within {seconds:g} s") from None
        except httpx.RequestError:
            raise UnclearError("it broke off the answer") from None
        except httpx.InvalidURL:
            raise DestinationError(
                f"The connection {self._connection.conn_id} has no address", "give it a host."
            ) from None
        status = response.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise NotTakenError("it takes no more requests (429)", self._asked_to_wait(response))
        if status in _UNCLEAR_STATUSES or response.is_server_error:
            raise UnclearError(f"it answered {status}", self._asked_to_wait(response))
        if status in _LOGIN_STATUSES:
            raise DestinationError(
                f"It refuses the login of the connection {self._connection.conn_id} ({self.said(response)})",
                "correct the connection in Airflow.",
            )
        if response.is_redirect:
            raise DestinationError(
                f"It sends requests elsewhere ({status})", "give the connection the address itself."
            )
        return response

    def _asked_to_wait(self, response: httpx.Response) -> float | None:
        given = response.headers.get("Retry-After", "").strip()
        if not given:
            return None
        if given.isdecimal():
            seconds = float(given)
        else:
            try:
                until = parsedate_to_datetime(given)
            except ValueError:
                return None
            seconds = max(0.0, until.timestamp() - self._clock.now().timestamp())
        if seconds > self._destination.longest_wait_seconds:
            raise DestinationError(
                f"It asks to wait for {seconds:,.0f} s ({response.status_code})",
                "raise longest_wait_seconds, or deliver later.",
            )
        return seconds

    def _wait(self, retry_state: tenacity.RetryCallState) -> float:
        """As long as the server asks, else a random time from a span that doubles (full jitter)."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        if isinstance(error, FailedError) and error.wait_seconds is not None:
            return error.wait_seconds
        destination = self._destination
        if not destination.backoff_seconds:
            return 0.0
        return tenacity.wait_random_exponential(
            multiplier=destination.backoff_seconds, max=destination.longest_wait_seconds
        )(retry_state)


def client_for(destination: Destination, connection: Connection, **given: Any) -> httpx.Client:
    """A client that waits as long as the destination says, and takes nothing from the environment.

    A proxy and the certificate authority of a company stand in the connection's extra.
    """
    authority = connection.extra.get("ca_file")
    return httpx.Client(
        base_url=connection.base_url,
        timeout=destination.timeout_seconds,
        trust_env=False,
        proxy=connection.extra.get("proxy"),
        verify=ssl.create_default_context(cafile=authority) if authority else True,
        **given,
    )


def at(path: str, value: Any) -> Any:
    """What stands in `value` at a path of names with dots between; None where there is no such place."""
    for name in filter(None, path.split(".")):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _sentence(found: Any) -> str:
    """The sentence in an answer: under one of the usual names, else field by field."""
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return "; ".join(filter(None, map(_sentence, found)))
    if not isinstance(found, dict):
        return ""
    for name in _SENTENCES:
        if sentence := _sentence(found.get(name)):
            return sentence
    told = ((name, _sentence(value)) for name, value in found.items())
    return "; ".join(f"{name}: {sentence}" for name, sentence in told if sentence)

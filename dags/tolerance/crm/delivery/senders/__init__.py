"""One sender per kind of destination: it sends a batch and gives an outcome per item when it has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import (
    Destination,
    FolderDestination,
    RestDestination,
    SalesforceDestination,
    SftpDestination,
)
from tolerance.crm.delivery.items import Item, Outcome
from tolerance.state import State


class Sender(Protocol):
    """Speaks with one destination.

    Attributes:
        sends_at_once: whether a batch goes out as a whole, before its first outcome.
    """

    sends_at_once: bool

    def send(self, items: Sequence[Item]) -> Iterator[Outcome]:
        """Send the items in this order. Sending one again has no second effect.

        Raises `DestinationError` when the destination takes nothing at present; what had no outcome by then
        was not sent.
        """


def sender_for(
    state: State, destination: Destination, connection: Connection, clock: Clock
) -> AbstractContextManager[Sender]:
    """The sender of a destination, logged in where that has to be."""
    match destination:
        case RestDestination():
            from tolerance.crm.delivery.senders.rest import rest_sender

            return rest_sender(destination, connection, clock)
        case SalesforceDestination():
            from tolerance.crm.delivery.senders.salesforce import salesforce_sender

            return salesforce_sender(destination, connection, clock)
        case SftpDestination():
            from tolerance.crm.delivery.senders.sftp import sftp_sender

            return sftp_sender(destination, connection, state, clock)
        case FolderDestination():
            from tolerance.crm.delivery.senders.folder import folder_sender

            return folder_sender(destination, state)
    raise ValueError(destination.kind)

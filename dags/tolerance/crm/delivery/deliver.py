"""Deliver: send each destination what it must hear, and note what became of it before going on.

One process at a time delivers from a STATE. A destination that takes nothing keeps no other one waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import islice

from tolerance.crm.delivery import journal
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.destinations import Destination
from tolerance.crm.delivery.items import Answer, DestinationError, Item, Outcome, Unit
from tolerance.crm.delivery.outbox import Counts, outbox
from tolerance.crm.delivery.senders import Sender, sender_for
from tolerance.errors import NotPublishedError, ToleranceError, UsageError
from tolerance.publishing.generations import published_generation
from tolerance.state import State

Connect = Callable[[str], Connection]
"""Finds an Airflow connection by its id."""

FAILURES_IN_A_ROW = 3
"""So many items in a row without a clear answer mean that the destination is out of order."""

_PASSES = 3
"""How often an unclear item is sent in one attempt."""


class UndeliveredError(ToleranceError):
    """Something stays pending at a destination; what was published stands."""

    can_retry = True


@dataclass(frozen=True, slots=True)
class Report:
    """What one attempt has done, and how everything decided stands after it.

    `error` says in one sentence why the attempt ended early; `refusals` are the CRM's sentences, each once.
    """

    destination: Destination
    counts: Counts
    accepted: int = 0
    refused: int = 0
    unclear: int = 0
    error: str | None = None
    refusals: tuple[str, ...] = ()

    @property
    def fault(self) -> str | None:
        """What a person should know of it, in a sentence; None where all went well."""
        name = self.destination.name
        if self.error:
            return self.error
        if self.refused:
            return f"{name} refused {self.refused:,}: {'; '.join(self.refusals).rstrip('.')}."
        if self.counts.pending:
            return f"{name} gave no clear answer to {self.counts.pending:,}."
        return None

    @property
    def sentence(self) -> str:
        """The report in one line."""
        what = "alerts" if self.destination.unit is Unit.ALERT else "lists"
        counts = self.counts
        done = f"{self.accepted:,} accepted now, " if self.accepted else ""
        details = [
            text
            for number, text in (
                (counts.refused, f"{counts.refused:,} refused before"),
                (counts.unclear, f"{counts.unclear:,} without a clear answer"),
            )
            if number
        ]
        pending = f"{counts.pending:,} pending" + (f" ({', '.join(details)})" if details else "")
        total = f"{done}{counts.accepted:,} of {counts.decided:,} {what} accepted, {pending}"
        aside = f", {counts.set_aside:,} set aside" if counts.set_aside else ""
        return f"{self.destination.name}: {total}{aside}."


def deliver(
    state: State,
    destinations: Iterable[Destination],
    connect: Connect,
    clock: Clock,
    say: Callable[[str], None] = lambda _: None,
    *,
    again: bool = False,
) -> list[Report]:
    """Send every destination what it must hear. `again` sends what was set aside too.

    Call it under `tolerance.lock.delivery_lock`.

    Raises:
        NotPublishedError: when nothing was published yet.
    """
    generation = published_generation(state)
    if generation is None:
        raise NotPublishedError(f"{state.serving} is missing", "run a date first.")
    reports = []
    for destination in destinations:
        report = _Attempt(state, destination, connect, clock, generation).run(again=again)
        say(report.sentence)
        reports.append(report)
    journal.write_tables(state)
    return reports


def undelivered(reports: Sequence[Report]) -> UndeliveredError | None:
    """The error to end with where something stays pending."""
    told = [report.fault for report in reports if report.fault]
    if not told:
        return None
    return UndeliveredError(
        "Not everything was delivered",
        f"{' '.join(told)} What was published stands, and the next delivery sends the rest.",
    )


class _Attempt:
    """One attempt at one destination."""

    def __init__(
        self,
        state: State,
        destination: Destination,
        connect: Connect,
        clock: Clock,
        generation: tuple[str, str],
    ) -> None:
        self.state = state
        self.destination = destination
        self.connect = connect
        self.clock = clock
        self.generation_id, self.as_of = generation
        self.accepted = self.refused = 0
        self.refusals: dict[str, None] = {}
        self.unclear: list[Outcome] = []
        self.failures_in_a_row = 0
        self.ends_at = 0.0

    def run(self, *, again: bool) -> Report:
        """Send what is pending; a fault of the destination is told in the report."""
        error = None
        with outbox(self.state, self.destination) as box:
            aside = box.set_aside() if again else []
            counts = box.counts()
            if counts.pending or aside:
                now = self.clock.now().timestamp()
                error = self._sent(box.pending(now), [item for item, _ in aside], box.columns())
        with outbox(self.state, self.destination) as box:
            return Report(
                self.destination,
                box.counts(),
                accepted=self.accepted,
                refused=self.refused,
                unclear=len(self.unclear),
                error=error,
                refusals=tuple(self.refusals),
            )

    def _sent(self, pending: Iterator[Item], aside: list[Item], columns: set[str]) -> str | None:
        """Send it and note it; the error, if there is one, in a sentence."""
        error = None
        started = self.clock.now()
        self.ends_at = started.timestamp() + self.destination.patience_seconds
        with journal.opened(self.state, self.destination, started, self.as_of, self.generation_id) as lines:
            for item in aside:
                lines.again(item)
            try:
                with self._sender(columns) as sender:
                    self._send_all(lines, sender, pending)
                    if aside:
                        with outbox(self.state, self.destination) as box:
                            self._send_all(lines, sender, box.pending())
                    self._send_unclear_again(lines, sender)
            except ToleranceError as fault:
                error = f"{self.destination.name}: {fault}"
            else:
                self._count_as_refused(lines)
            ended = {"sentence": error} if error else {}
            lines.write("ended", happened_at=self.clock.now(), **ended)
        return error

    def _sender(self, columns: set[str]) -> AbstractContextManager[Sender]:
        used = {
            column
            for name in ("fields", "made_with")
            for value in getattr(self.destination, name, {}).values()
            for column in value.columns
        }
        if missing := sorted(used - columns):
            raise UsageError(
                f"destinations.yml, `{self.destination.name}.fields`: the list has no column "
                f"{', '.join(missing)}",
                "docs/data_dictionary.md has those of crm_alert_list.",
            )
        named = self.destination.connection
        connection = self.connect(named) if named else Connection("")
        return sender_for(self.state, self.destination, connection, self.clock)

    def _send_all(self, lines: journal.Journal, sender: Sender, items: Iterator[Item]) -> None:
        while batch := list(islice(items, self.destination.batch_rows)):
            self._send(lines, sender, batch)

    def _send(self, lines: journal.Journal, sender: Sender, batch: list[Item]) -> None:
        self._let_settle(batch)
        lines.sending(batch, self.clock.now())
        unanswered = {item.key: item for item in batch}
        try:
            for outcome in sender.send(batch):
                lines.answered(outcome)
                del unanswered[outcome.item.key]
                self._note(outcome)
                if not sender.sends_at_once:
                    self._stop_in_vain()
            self._stop_in_vain()
        except ToleranceError:
            for item in unanswered.values():
                if item.sent_at is None:  # else an earlier one may still have arrived
                    lines.unsent(item)
            raise
        finally:
            lines.sync()

    def _let_settle(self, batch: list[Item]) -> None:
        """Wait until what was sent without an answer has arrived or never will: then a look-up is true."""
        sent = [item.sent_at for item in batch if item.sent_at is not None]
        if sent:
            over = self.destination.settle_seconds - (self.clock.now().timestamp() - max(sent))
            self.clock.sleep(max(0.0, min(over, self.destination.settle_seconds)))

    def _note(self, outcome: Outcome) -> None:
        if outcome.answer is Answer.UNCLEAR:
            self.unclear.append(outcome)
            self.failures_in_a_row += 1
            return
        self.failures_in_a_row = 0
        if outcome.answer is Answer.ACCEPTED:
            self.accepted += 1
        else:
            self.refused += 1
            self.refusals[outcome.sentence or ""] = None

    def _stop_in_vain(self) -> None:
        """End the attempt where going on makes no sense."""
        if self.failures_in_a_row >= FAILURES_IN_A_ROW:
            raise DestinationError(
                f"{self.failures_in_a_row:,} in a row had no clear answer, the last one "
                f"because {self.unclear[-1].sentence}",
                "see whether it is in order.",
            )
        if self.clock.now().timestamp() > self.ends_at:
            raise DestinationError(
                f"it took longer than {self.destination.patience_seconds:g} s",
                "raise patience_seconds, or deliver more often.",
            )

    def _send_unclear_again(self, lines: journal.Journal, sender: Sender) -> None:
        for _ in range(_PASSES - 1):
            if not self.unclear:
                return
            now = self.clock.now().timestamp()
            items = [replace(outcome.item, sent_at=now) for outcome in self.unclear]
            self.unclear = []
            self.failures_in_a_row = 0
            self._send_all(lines, sender, iter(items))

    def _count_as_refused(self, lines: journal.Journal) -> None:
        """What never had a clear answer while others had is refused, so that it is not tried for ever."""
        if self.accepted:
            for outcome in self.unclear:
                lines.answered(replace(outcome, answer=Answer.REFUSED))
                self.refusals[outcome.sentence or ""] = None
            self.refused += len(self.unclear)
            self.unclear = []

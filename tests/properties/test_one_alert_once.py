"""One alert, once, as told last: whatever the CRM does and whenever the delivery is killed."""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import ExitStack
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import pytest

from tests.fixtures.crm import delivering
from tests.fixtures.crm.rest_server import FAULTS, TOKEN, Crm, random_faults, running
from tests.fixtures.crm.told import NEXT, published, tell
from tolerance.crm.delivery.clock import Clock
from tolerance.crm.delivery.connection import Connection
from tolerance.crm.delivery.deliver import deliver
from tolerance.crm.delivery.outbox import Counts, outbox
from tolerance.lock import delivery_lock

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([delivering.__name__])  # a delivery starts in no time


class Delivery:
    """A state that delivers to a CRM, in processes that are killed."""

    def __init__(self, root: Path, crm: Crm, alerts: int) -> None:
        self.state = published(root)
        self.crm = crm
        self.destination = delivering.destination(root)
        self.told = {f"{number:05d}": "open" for number in range(alerts)}
        self.never = {key for key in self.told if key.endswith("77")}
        self.at_first = {key for key in self.told if key.endswith("5")}
        self.refusals: dict[str, int] = {}
        tell(self.state, self.told.items())
        crm.refuses = self._refused

    def _refused(self, body: dict[str, object]) -> str | None:
        """Parts of what is sent are refused: some for ever, some once."""
        key = str(body["cf_alert_id"])
        if key in self.never:
            return "Not a valid priority."
        if key in self.at_first and not self.refusals.get(key):
            self.refusals[key] = 1
            return "Try again."
        return None

    def changed(self) -> None:
        """The next day tells every tenth alert anew."""
        for key in [key for key in self.told if key.endswith("1")]:
            self.told[key] = "retracted"
        tell(self.state, [told for told in self.told.items() if told[1] == "retracted"], NEXT)

    def started(self) -> ForkServerProcess:
        """A process that delivers; what it says goes into a file."""
        process = _SERVER.Process(target=delivering.main, args=(str(self.state.root), self.crm.url, TOKEN))
        process.start()
        return process

    def killed_after(self, requests: int) -> bool:
        """Deliver in a process that is killed when it has made so many requests; whether it got there."""
        until = self.crm.count() + requests
        process = self.started()
        while process.is_alive() and self.crm.count() < until:
            time.sleep(0.002)
        was_running = process.is_alive()
        process.kill()
        process.join()
        return was_running

    def counts(self) -> Counts:
        """How everything stands, held against the CRM."""
        with outbox(self.state, self.destination) as box:
            counts = box.counts()
            pending = {item.key for item in box.pending()}
            aside = {item.key for item, _ in box.set_aside()}
        assert len(self.told) - len(self.unmade()) <= counts.decided <= len(self.told)
        assert counts.decided == counts.accepted + counts.pending + counts.set_aside
        held = self.crm.by_alert()
        assert not [key for key, records in held.items() if len(records) > 1]
        words = {"open": "New", "retracted": "Cancelled"}
        for key in self.told.keys() - pending - aside - self.unmade():
            assert held[key][0]["state"] == words[self.told[key]]
        return counts

    def unmade(self) -> set[str]:
        """What was taken back before it got there: nobody makes it."""
        there = self.crm.by_alert()
        return {key for key, status in self.told.items() if status == "retracted" and key not in there}

    def finish(self) -> Counts:
        """Deliver until nothing is pending; in this process, which nobody kills."""
        connection = Connection("crm_api", host=self.crm.url, password=TOKEN)
        for _ in range(20):
            deliver(self.state, [self.destination], lambda _: connection, Clock())
            counts = self.counts()
            if not counts.pending:
                return counts
        raise AssertionError(counts)


def _lived(root: Path, alerts: int, kills: int, *, seed: int) -> None:
    random = Random(seed)
    crm = Crm(late_seconds=0.25)
    crm.fault = random_faults(seed, share=0.02)
    with running(crm):
        delivery = Delivery(root, crm, alerts)
        killed = 0
        for attempt in range(kills):
            if attempt == kills // 2:
                delivery.changed()
            killed += delivery.killed_after(random.randrange(1, 4 * alerts // kills))
            delivery.counts()
        counts = delivery.finish()
        assert killed > kills * 0.9
        assert counts.set_aside == len(delivery.never)
        assert counts.accepted == counts.decided - len(delivery.never)
        assert crm.by_alert().keys() == delivery.told.keys() - delivery.never - delivery.unmade()
        assert len(delivery.unmade()) < alerts / 10
        assert crm.met.keys() == set(FAULTS)
        before = crm.count()
        delivery.finish()
        assert crm.count() == before  # nothing is sent again


def test_1_000_alerts_and_20_kills(tmp_path: Path) -> None:
    _lived(tmp_path, 1_000, 20, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_10_000_alerts_and_200_kills(tmp_path: Path) -> None:
    _lived(tmp_path, 10_000, 200, seed=2)


def test_of_two_deliveries_at_once_one_waits_and_says_for_whom(tmp_path: Path) -> None:
    crm = Crm()
    with running(crm), ExitStack() as first:
        delivery = Delivery(tmp_path, crm, 40)
        first.enter_context(delivery_lock(delivery.state, wait_seconds=0, say=print))
        second = delivery.started()
        while not (said := delivering.said(delivery.state)):
            time.sleep(0.01)
        assert said.startswith(f"Waiting: process {os.getpid()} since ")
        assert said.endswith(f" delivers from {tmp_path}.\n")
        assert not crm.requests
        first.close()
        second.join()
        assert second.exitcode == 0
        assert crm.requests
        delivery.finish()
        assert len(crm.records) == 40

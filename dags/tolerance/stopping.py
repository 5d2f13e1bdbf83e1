"""A run ends at once when it is told to: by SIGTERM, by Ctrl-C, or because its terminal hangs up.

Nothing is tidied up on the way: what a run leaves when it is killed is what the next one makes good, so there
is one way to end early and not two.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOW_CURSOR = "\x1b[?25h"
"""A progress bar hides it."""

_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@contextmanager
def obeyed(remedy: str) -> Iterator[None]:
    """End this process on one of `SIGNALS` with one sentence and the exit code 128 + the signal's number.

    `remedy` says what to do then. A signal that was ignored before, as under `nohup`, stays ignored.

    Airflow gives its tasks handlers of their own, which end one task and go on with the run. Python tells of
    every signal on the wakeup descriptor too, whichever handler is set, so a thread reads that. The processes
    that this one started end with it.
    """
    told, telling = socket.socketpair()
    telling.setblocking(False)
    terminal = os.dup(2)
    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, lambda *_: None) for number in heeded}
    descriptor = signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
    watch = threading.Thread(target=_watch, args=(told, terminal, remedy), daemon=True, name="stopping")
    watch.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in former.items():
            signal.signal(number, handler)
        telling.close()  # ends the thread
        watch.join()
        told.close()
        os.close(terminal)


def with_its_parent(by: signal.Signals = signal.SIGTERM) -> None:
    """Called in a new child: it gets this signal when the process that started it ends, however it does."""
    ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, by)


def _watch(told: socket.socket, terminal: int, remedy: str) -> None:
    while received := told.recv(1):
        number = received[0]
        if number in SIGNALS:
            sentence = f"Stopped by {signal.Signals(number).name} before the end: {remedy}\n"
            with suppress(OSError):
                os.write(terminal, (_SHOW_CURSOR * os.isatty(terminal) + sentence).encode())
            os._exit(128 + number)

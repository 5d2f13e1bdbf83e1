"""A run ends at once when it is told to: by SIGTERM, by Ctrl-C, or because its terminal was closed.

Nothing is tidied up on the way: what a run leaves when it is killed is what the next one makes good, so there
is one way to end early and not two.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def obeyed() -> Iterator[None]:
    """End this process on one of `SIGNALS` with one sentence and the exit code 128 + the signal's number.

    Airflow gives its tasks handlers of their own, which end one task and go on with the run. Python tells of
    every signal on the wakeup descriptor too, whichever handler is set, so a thread reads that. The processes
    that this one started end with it.
    """
    told, telling = socket.socketpair()
    telling.setblocking(False)
    terminal = os.dup(2)
    former = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
    descriptor = signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(told, terminal), daemon=True, name="stopping").start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in former.items():
            signal.signal(number, handler)
        telling.close()  # ends the thread


def _watch(told: socket.socket, terminal: int) -> None:
    while received := told.recv(1):
        number = received[0]
        if number in SIGNALS:
            sentence = (
                f"Stopped by {signal.Signals(number).name} before the end: run the same date again, which "
                "makes it good.\n"
            )
            with suppress(OSError):
                os.write(terminal, sentence.encode())
            os._exit(128 + number)
    os.close(terminal)
    told.close()

"""The terminal of commands that do work: it may be closed while they go on."""

from __future__ import annotations

import os
import sys

from rich.console import Console


class PatientConsole(Console):
    """Falls silent when nobody reads any more, as in `tolerance run | head`; rich would end the program."""

    def on_broken_pipe(self) -> None:
        """Send what is still to be written nowhere."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

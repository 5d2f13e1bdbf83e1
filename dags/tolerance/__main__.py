"""The console script, also as `python -m tolerance`: it frees itself of another project's Python first."""

from __future__ import annotations

import os
import sys

_OF_ANOTHER_PROJECT = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")


def main() -> None:
    """Run the command line, in a new process image where the environment names modules of others."""
    if any(os.environ.get(name) for name in _OF_ANOTHER_PROJECT):
        for name in _OF_ANOTHER_PROJECT:
            os.environ.pop(name, None)
        os.execv(sys.executable, [sys.executable, "-P", "-m", "tolerance", *sys.argv[1:]])  # noqa: S606
    from tolerance.cli import main as command_line

    command_line(prog_name="tolerance")


if __name__ == "__main__":
    main()

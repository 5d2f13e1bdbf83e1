"""Are this machine and this state fit for a run?"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.cli.options import JSON, STATE, for_a_program, state_in
from tolerance.errors import UsageError
from tolerance.findings import Finding, Verdict


@click.command(short_help="Are this machine and this state fit for a run?")
@click.option("--extracts", type=click.Path(path_type=Path), help="An inbox to check as well.")
@JSON
@STATE
def doctor(extracts: Path | None, is_json: bool, state_folder: Path) -> None:
    """Show on one screen whether this machine and this state are fit for a run. Changes nothing.

    Each line is ok, a warning (a person should look) or a problem (a run would fail or be wrong), with what
    to do. Exit codes: 0 no problem, 1 at least one.
    """
    from tolerance.doctor import examine

    _show(examine(state_in(state_folder), extracts and extracts.resolve()), is_json=is_json)


@click.command(short_help="What will the next run do with a STATE of an earlier release?")
@JSON
@STATE
def upgrade_check(is_json: bool, state_folder: Path) -> None:
    """Say before an upgrade what this release's next run will do with a STATE. Changes nothing.

    Each line is ok, a warning (something to plan or to do) or a problem (the next run would fail). Exit
    codes: 0 no problem, 1 at least one.
    """
    from tolerance import upgrade_check

    state = state_in(state_folder)
    if not state.root.is_dir():
        raise UsageError(f"STATE={state.root} is not a folder", "give the folder of a warehouse.")
    _show(upgrade_check.upgrade_check(state), is_json=is_json)


def _show(found: Iterable[Finding], *, is_json: bool) -> None:
    """Write the lines; end with 1 for a problem."""
    colours = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}
    table = Table("check", "", "what")
    findings = list(found)
    for finding in findings:
        table.add_row(
            finding.check, f"[{colours[finding.verdict]}]{finding.verdict}[/]", escape(finding.what)
        )
    with for_a_program(is_json) as write:
        Console().print(table)
        write([asdict(finding) for finding in findings])
    sys.exit(any(finding.verdict == Verdict.PROBLEM for finding in findings))

"""The command-line tool `tolerance`; the Makefile's targets set up the environment and call it."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any, cast

import click

from tolerance.engines import ENGINES
from tolerance.errors import ToleranceError

_MODULES = {
    "run": "cycle",
    "backfill": "cycle",
    "urgent": "cycle",
    "doctor": "examine",
    "upgrade-check": "examine",
    "init": "company",
    "pick-up": "files",
    "preview": "files",
    "tags": "tags",
    "quarantine": "files",
    "cases": "cases",
    "score": "detection",
    "train": "detection",
    "labels": "detection",
    "explain": "published",
    "generations": "published",
    "crm-dry-run": "published",
    "deliver": "delivery",
    "data-docs": "published",
    "rebuild": "cycle",
    "prepare-service": "company",
    "sample": "cycle",
}
"""The commands, in the order in which a new user meets them, and the module of this package of each."""


class _Commands(click.Group):
    """Imports a command when it is called; turns a fault into a one-sentence message and its exit code."""

    def list_commands(self, _: click.Context) -> list[str]:
        return [*_MODULES]

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"tolerance.cli.{_MODULES[cmd_name]}")
        return cast(click.Command, getattr(module, cmd_name.replace("-", "_")))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ToleranceError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)


def _print_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"tolerance {version('tolerance-warehouse')}")
        for engine in ENGINES:
            click.echo(f"  {engine} {version(engine)}")
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of this program and its engines.",
)
def main() -> None:
    """The customer tolerance warehouse: who is about to break with us, and why.

    All files of a warehouse are in one folder, STATE (default: var). --help of a command lists its exit
    codes: 0 success, 1 failure, 2 wrong usage, 75 another run holds the state.
    """

"""Commands on the detector: how well it reads labelled texts, and a company's own model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance.cli.options import STATE, state_in
from tolerance.errors import UsageError
from tolerance.inbox import printable

if TYPE_CHECKING:
    from tolerance.detection.evaluation import Judged, Labelled, Quality

_ERRORS_SHOWN = 10
_CONFUSIONS_SHOWN = 10
_CHARACTERS_SHOWN = 160
_BAR = 30

LABELLED = click.argument("labelled", type=click.Path(path_type=Path))


@click.command(short_help="How well the detector reads texts that people labelled.")
@LABELLED
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the numbers here too."
)
def score(labelled: Path, json_file: Path | None) -> None:
    """Hold what the detector reads in the texts of LABELLED against their labels.

    LABELLED is a CSV with the columns text and label (incident or none), and perhaps language (fr or en: it
    groups the report) and type. Precision and recall are of the incidents that the product would make: what
    waits for review is missed. The worst errors show their texts on the screen. Exit codes: 0, or 2 for
    wrong usage.
    """
    import orjson

    from tolerance.detection.evaluation import by_language, judged, quality, worst_errors
    from tolerance.file_modes import keep_private
    from tolerance.files import write_bytes

    keep_private()
    texts = judged(_texts(labelled))
    qualities = {language: quality(part) for language, part in by_language(texts).items()}
    console = Console()
    _print_qualities(console, qualities)
    for language, measured in qualities.items():
        _print_reliability(console, language, measured)
        _print_confusions(console, language, measured)
    _print_errors(console, worst_errors(texts, _ERRORS_SHOWN))
    if json_file is not None:
        # By line and without texts: the file may be passed on.
        errors = [
            {"line": text.labelled.line, "label": _label(text), "score": round(text.score, 4)}
            for text in worst_errors(texts, _ERRORS_SHOWN)
        ]
        numbers = {
            "languages": {name: measured.as_json() for name, measured in qualities.items()},
            "worst_errors": errors,
        }
        with _told_when_not_writable(json_file):
            write_bytes(json_file, orjson.dumps(numbers, option=orjson.OPT_INDENT_2) + b"\n")


@contextmanager
def _told_when_not_writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from None


def _texts(path: Path) -> list[Labelled]:
    from tolerance.detection.evaluation import labelled_texts

    if not path.is_file():
        raise UsageError(f"LABELLED={path} is not a file.")
    texts = [*labelled_texts(path)]
    if not texts:
        raise UsageError(f"LABELLED={path} holds no texts.")
    return texts


def _print_qualities(console: Console, qualities: dict[str, Quality]) -> None:
    table = Table("", *qualities)
    table.add_row("texts", *(f"{measured.n:,}" for measured in qualities.values()))
    rows = {
        "macro-F1, every text decided": "macro_f1",
        "macro-F1, the clearest 80 %": "macro_f1_at_80",
        "precision of incidents": "precision",
        "recall of incidents": "recall",
        "coverage (not in review)": "coverage",
        "incidents with a clear type": "typed",
        "clear types that are right": "type_accuracy",
    }
    for label, name in rows.items():
        values = [getattr(measured, name) for measured in qualities.values()]
        table.add_row(label, *("" if value is None else f"{value:.3f}" for value in values))
    console.print(table)


def _print_reliability(console: Console, language: str, measured: Quality) -> None:
    table = Table("mean score", "texts", "incidents", title=f"Reliability, {language}", title_justify="left")
    for band in measured.reliability:
        bar = "█" * round(band.incident_share * _BAR)
        table.add_row(f"{band.mean_score:.2f}", f"{band.count:,}", f"{band.incident_share:.2f} {bar}")
    console.print(table)


def _print_confusions(console: Console, language: str, measured: Quality) -> None:
    if not measured.confusions:
        return
    table = Table("type", "read as", "texts", title=f"Types mistaken, {language}", title_justify="left")
    for (truth, told), count in measured.confusions.most_common(_CONFUSIONS_SHOWN):
        table.add_row(escape(truth), escape(told), f"{count:,}")
    console.print(table)


def _print_errors(console: Console, errors: list[Judged]) -> None:
    if not errors:
        return
    table = Table("line", "label", "score", "text", title="Worst errors", title_justify="left")
    for text in errors:
        shown = printable(" ".join(text.labelled.text.split())[:_CHARACTERS_SHOWN])
        table.add_row(str(text.labelled.line), _label(text), f"{text.score:.2f}", escape(shown))
    console.print(table)


def _label(text: Judged) -> str:
    return "incident" if text.labelled.is_incident else "none"


@click.command(short_help="Fit the company's own detector on its labels.")
@LABELLED
def train(labelled: Path) -> None:
    """Fit the company's own model on the texts of LABELLED, with the shipped score as a feature.

    LABELLED is a CSV as for `tolerance score`. The model is written to detector.json in the company's folder
    (TOLERANCE_COMPANY), per language and only where it reads labels held out of the fit better than the
    shipped score does. The next run reads every text with it. Exit codes: 0, or 2 for wrong usage.
    """
    from tolerance import company
    from tolerance.detection import OWN_MODEL
    from tolerance.detection.training import FEWEST
    from tolerance.detection.training import train as fit
    from tolerance.file_modes import keep_private

    keep_private()
    folder = company.folder()
    if folder is None:
        raise UsageError(
            "There is no company's folder to write the model to",
            f"name one by {company.VARIABLE}, for example an empty folder.",
        )
    texts = _texts(labelled)
    with _told_when_not_writable(folder / OWN_MODEL):
        reports = fit(texts, folder / OWN_MODEL)
    console = Console()
    table = Table("held out", *(f"{report.language} ({report.labels:,} labels)" for report in reports))
    rows = {
        "macro-F1 before": "macro_f1_before",
        "macro-F1 after": "macro_f1_after",
        "log loss before": "log_loss_before",
        "log loss after": "log_loss_after",
    }
    for label, name in rows.items():
        table.add_row(label, *(f"{getattr(report, name):.3f}" for report in reports))
    table.add_row("own words", *(f"{report.words:,}" for report in reports))
    console.print(table)
    for report in reports:
        if report.is_kept:
            verdict = f"kept, in {folder / OWN_MODEL}"
        elif report.labels < FEWEST or not report.log_loss_before:
            verdict = f"nothing fitted: it takes {FEWEST} labels, of both kinds"
        elif report.has_fewer:
            verdict = "not kept: the model in use was fitted on more labels"
        else:
            verdict = "not kept: it is no better than the shipped score on labels held out"
        console.print(f"{report.language}: {verdict}.", soft_wrap=True, highlight=False, markup=False)


@click.command(short_help="The texts on which people decided, as labels for `train`.")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@STATE
def labels(out: Path, state_folder: Path) -> None:
    """Write the texts of all contacts on which people decided (reviews/ in the inbox) to OUT.

    OUT is a CSV as `tolerance train` reads it: text, language, label, type. It holds customers' words, so
    only its owner can read it. Exit codes: 0 done, 2 wrong usage.
    """
    from tolerance.file_modes import keep_private
    from tolerance.labels import write_labels

    keep_private()
    with _told_when_not_writable(out):
        count = write_labels(state_in(state_folder), out)
    Console().print(
        f"{out}: {count:,} labelled texts. They are customers' words: keep the file to yourself, and remove "
        f"it after `tolerance train {out}`.",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )

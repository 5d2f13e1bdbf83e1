"""The report: medians, ratios and growth beside the figures of the issue; a table, a JSON, a picture."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import duckdb

from bench.measured import Cost

# Above this share of the machine used by others, CPU seconds are not those of a quiet machine.
MAX_OTHERS = 0.10
MAX_LOAD = 1.0

# The text below this line is written by people and kept when the numbers are written anew.
_BY_HAND = "<!-- below: written by hand, kept by `make bench` -->"


@dataclass(frozen=True, slots=True)
class Machine:
    """What the numbers depend on."""

    cores: int
    memory_gigabytes: int
    load_before: float


@dataclass(frozen=True, slots=True)
class Scale:
    """All costs of one scale."""

    name: str
    customers: int
    costs: list[Cost]
    checks: dict[str, list[object]]

    def names(self) -> list[str]:
        """The steps without a memory limit, in order."""
        return list(dict.fromkeys(cost.name for cost in self.costs if not cost.memory_limit))

    def of(self, name: str, limit: str = "") -> list[Cost]:
        """The runs of one step that succeeded."""
        return [
            cost
            for cost in self.costs
            if cost.name == name and cost.memory_limit == limit and not cost.failure
        ]

    def cpu(self, *prefixes: str) -> float | None:
        """Median CPU seconds, summed over the steps that begin with one of the prefixes."""
        names = [name for name in self.names() if name.startswith(prefixes)]
        runs = [[cost.cpu_seconds for cost in self.of(name)] for name in names]
        if not runs or not all(runs):
            return None
        return sum(median(seconds) for seconds in runs)

    def by_round(self, part: str, whole: str) -> float | None:
        """The median over the rounds of one step's CPU seconds to another's of the same round."""
        rounds = [
            one.cpu_seconds / other.cpu_seconds
            for one, other in zip(self.of(part), self.of(whole), strict=False)
        ]
        return median(rounds) if rounds else None

    def statements(self, name: str) -> float | None:
        """Median CPU seconds of a step's statements, without closing the file."""
        runs = [sum(cost.parts.values()) for cost in self.of(name)]
        return median(runs) if runs else None

    def peak(self, name: str, limit: str = "") -> float | None:
        """The highest peak memory of a step, in MB."""
        return max((cost.peak_megabytes for cost in self.of(name, limit)), default=None)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the issue's table beside what was measured."""

    what: str
    reach: str
    value: float | None
    is_reached: bool | None
    unit: str = ""

    @property
    def text(self) -> str:
        """The measured value in words."""
        if self.value is None:
            return "not measured"
        return f"{self.value * 100:.1f} %" if self.unit == "%" else f"{self.value:.2f}{self.unit}"


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _at_most(
    what: str, value: float | None, limit: float, unit: str = "", *, is_asked: bool = True
) -> Figure:
    reach = f"≤ {limit * 100:g} %" if unit == "%" else f"≤ {limit:g}{unit}"
    return _judged(Figure(what, reach, value, value is not None and value <= limit, unit), is_asked)


def _at_least(
    what: str, value: float | None, limit: float, unit: str = "", *, is_asked: bool = True
) -> Figure:
    reach = f"≥ {limit:g}{unit}"
    return _judged(Figure(what, reach, value, value is not None and value >= limit, unit), is_asked)


def _judged(figure: Figure, is_asked: bool) -> Figure:
    """The figure; without a verdict where it was not measured or is asked of another scale only."""
    if not is_asked:
        return replace(figure, reach="", is_reached=None)
    return figure if figure.value is not None else replace(figure, is_reached=None)


def _limit_of_the_writer(what: str, value: float | None, unit: str = "") -> Figure:
    """What the figure above would be if nothing but the writing took time."""
    return Figure(what, "", value, None, unit)


def figures(scales: list[Scale], dbt_cpu: tuple[float, float]) -> list[Figure]:
    """The figures to reach, judged at the scale of which they are asked and shown at the others."""
    lines: list[Figure] = []
    for scale in scales:
        lines += [*_of_writing(scale), *_of_days(scale), *_beside_peers(scale), *_of_memory(scale)]
    for smaller, larger in pairwise(scales):
        lines += _of_growth(smaller, larger)
    lines += [
        _at_most("dbt: CPU per call", dbt_cpu[0], 8, " s"),
        _at_most("dbt: CPU per model", dbt_cpu[1], 0.1, " s"),
    ]
    return lines


def _of_writing(scale: Scale) -> list[Figure]:
    monthly = scale.by_round("monthly: the view as a table", "monthly: floor")
    ledger = scale.by_round("full: int_tolerance_ledger", "ledger: floor")
    return [
        _at_most(f"monthly table / floor at {scale.name}", monthly, 1.7, is_asked=scale.name != "100k"),
        _at_most(f"ledger / floor at {scale.name}", ledger, 2.0, is_asked=scale.name == "10m"),
    ]


def _of_days(scale: Scale) -> list[Figure]:
    full, day, first = scale.cpu("full: "), scale.cpu("day"), scale.cpu("1st")
    monthly = scale.cpu("monthly: the view as a table")
    with_table = full + monthly if full and monthly else None
    lines: list[Figure] = []
    for title, part, limit in (("a day", day, 0.02), ("the 1st of the month", first, 0.06)):
        for kind, whole in (("written", with_table), ("a view", full)):
            what = f"{title} / full rebuild, monthly table {kind}, at {scale.name}"
            lines.append(_at_most(what, _ratio(part, whole), limit, "%", is_asked=scale.name == "10m"))
    what = f"a day with nothing new / a day at {scale.name}"
    nothing = _ratio(scale.cpu("nothing new"), day)
    statements = _ratio(scale.statements("nothing new"), scale.statements("day"))
    return [
        *lines,
        _at_most(what, nothing, 0.05, "%", is_asked=scale.name == "10m"),
        Figure(f"the same without closing the file, at {scale.name}", "", statements, None, "%"),
    ]


def _beside_peers(scale: Scale) -> list[Figure]:
    ours, floor = "from incidents: engine", "monthly: floor"
    if not scale.of(ours):
        return []
    at = f"at {scale.name}"
    parquet, polars = "from incidents to parquet: engine", "from incidents to parquet: polars"
    memory = _ratio(scale.peak(parquet), scale.peak(polars))
    is_asked = scale.name == "1m"
    lines = [
        _at_most(
            f"full to Parquet / Polars {at}",
            scale.by_round(parquet, polars),
            1.1,
            is_asked=is_asked,
        ),
        _limit_of_the_writer(
            f"its limit: DuckDB writing the same rows to Parquet / Polars {at}",
            scale.by_round("parquet: floor", polars),
        ),
        _at_most(f"its memory / Polars' {at}", memory, 0.33, is_asked=is_asked),
    ]
    for peer, limit in (("naive join", 3), ("cross join", 4.5)):
        theirs = f"from incidents: {peer}"
        times = scale.by_round(theirs, ours)
        lines += [
            _at_least(f"{peer} / full {at}", times, limit, " times", is_asked=is_asked),
            _limit_of_the_writer(
                f"its limit: {peer} / writing the same rows {at}", scale.by_round(theirs, floor), " times"
            ),
        ]
    return lines


def _of_memory(scale: Scale) -> list[Figure]:
    lines: list[Figure] = []
    for limit, megabytes in (("8GB", 8000.0), ("4GB", 4000.0)):
        costs = [cost for cost in scale.costs if cost.memory_limit == limit]
        if costs:
            has_failed = any(cost.failure for cost in costs)
            value = math.inf if has_failed else max(cost.peak_megabytes for cost in costs) / megabytes
            lines.append(_at_most(f"peak memory / limit of {limit} at {scale.name}", value, 1.1))
    return lines


def _of_growth(smaller: Scale, larger: Scale) -> list[Figure]:
    growth = math.log(larger.customers / smaller.customers)
    lines: list[Figure] = []
    for what, prefix in (("full", "full: "), ("daily", "day")):
        ratio = _ratio(larger.cpu(prefix), smaller.cpu(prefix))
        lines.append(
            _at_most(
                f"growth exponent {smaller.name} → {larger.name}, {what}",
                math.log(ratio) / growth if ratio else None,
                1.05,
                is_asked=larger.name == "10m",
            )
        )
    return lines


def verdict(machine: Machine, scales: Iterable[Scale]) -> str:
    """Whether the machine was quiet enough for the numbers to be judged."""
    others = [cost.others_cpu_share for scale in scales for cost in scale.costs if cost.wall_seconds > 1]
    share = median(others) if others else 0.0
    if machine.load_before > MAX_LOAD or share > MAX_OTHERS:
        return (
            f"**No verdict: the machine was loaded** (load {machine.load_before} before the run, others used "
            f"{share:.0%} of its cores during the median step; limits {MAX_LOAD} and {MAX_OTHERS:.0%}). The "
            "numbers below are what was measured all the same."
        )
    return f"The machine was quiet: others used {share:.0%} of its cores during the median step."


def table(lines: list[Figure], judged: str) -> list[str]:
    """The figures as lines of Markdown, without verdicts when the machine was not judged quiet."""
    is_judged = not judged.startswith("**No")
    words = {None: "", True: "reached", False: "not reached"}
    return ["| figure | to reach | measured | |", "|---|---|---:|---|"] + [
        f"| {line.what} | {line.reach} | {line.text} | {words[line.is_reached] if is_judged else ''} |"
        for line in lines
    ]


def _agreement(scale: Scale) -> str:
    """Whether all ways to the monthly table made the same rows; sums may differ by their rounding."""
    made = {name: values for name, values in scale.checks.items() if len(values) > 1}
    rows = {str(values[0]) for values in made.values()}
    sums = [[float(str(value)) for value in column] for column in zip(*made.values(), strict=True)]
    apart = max((max(column) - min(column) for column in sums[1:5]), default=0.0)
    same = "the same number of rows" if len(rows) == 1 else f"DIFFERENT numbers of rows: {sorted(rows)}"
    return f"{len(made)} ways to the monthly table made {same}; their sums lie {apart:.6f} points apart"


def _steps_table(scale: Scale) -> list[str]:
    lines = [
        f"## Steps at {scale.name} customers",
        "",
        "| step | CPU s | wall s | peak MB | others | runs |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    limits = list(dict.fromkeys(cost.memory_limit for cost in scale.costs))
    for limit in limits:
        names = list(dict.fromkeys(cost.name for cost in scale.costs if cost.memory_limit == limit))
        for name in names:
            runs = scale.of(name, limit)
            title = name + (f" within {limit}" if limit else "")
            if not runs:
                failure = next(cost.failure for cost in scale.costs if cost.name == name and cost.failure)
                lines.append(f"| {title} | failed: {failure} | | | | 0 |")
                continue
            cpu, wall = median(r.cpu_seconds for r in runs), median(r.wall_seconds for r in runs)
            peak = max(r.peak_megabytes for r in runs)
            others = median(r.others_cpu_share for r in runs)
            lines.append(f"| {title} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {others:.0%} | {len(runs)} |")
            for part in runs[0].parts:
                seconds = median(run.parts[part] for run in runs)
                lines.append(f"| {title}: of it {part} | {seconds:.2f} | | | | |")
    lines += ["", "What was checked in the run:", "", f"- {_agreement(scale)}"]
    lines += [
        f"- {name}: {', '.join(str(value) for value in values)}" for name, values in scale.checks.items()
    ]
    return [*lines, ""]


def write(folder: Path, machine: Machine, dbt_cpu: tuple[float, float], scales: list[Scale]) -> str:
    """Write benchmark.json, .png and .md into `folder`; return the table of figures."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = figures(scales, dbt_cpu)
    judged = verdict(machine, scales)
    versions = f"DuckDB {duckdb.__version__}, Python {platform.python_version()}, {platform.system()}"
    shown = table(lines, judged)
    text = [
        "# How fast is the tolerance engine?",
        "",
        f"Written by `make bench`. {machine.cores} cores, {machine.memory_gigabytes} GB; {versions}. "
        "CPU seconds are user and system time of a process of its own per step, medians of the runs; "
        "memory is the peak of that process; others is the share of the cores that other processes used "
        "meanwhile. Ratios of two steps are medians over the rounds in which both ran. The SQL is what dbt "
        "compiled from the models.",
        "",
        judged,
        "",
        *shown,
        "",
        "![CPU seconds per step](benchmark.png)",
        "",
    ]
    for scale in scales:
        text += _steps_table(scale)
    page = folder / "benchmark.md"
    by_hand = page.read_text("utf-8").partition(_BY_HAND)[2] if page.exists() else "\n"
    page.write_text("\n".join([*text, _BY_HAND]) + by_hand, "utf-8")
    (folder / "benchmark.json").write_text(
        json.dumps(
            {
                "machine": asdict(machine) | {"versions": versions},
                "verdict": judged,
                "dbt_cpu_seconds": {"per_call": dbt_cpu[0], "per_model": dbt_cpu[1]},
                "figures": [asdict(line) for line in lines],
                "scales": [asdict(scale) for scale in scales],
            },
            indent=1,
            default=str,
        )
        + "\n",
        "utf-8",
    )
    _picture(folder / "benchmark.png", scales[-1])
    return "\n".join([judged, "", *shown])


def _picture(path: Path, scale: Scale) -> None:
    """One bar per step of the largest scale, coloured by what it belongs to."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups = {"full": "#4269d0", "monthly": "#6cc5b0", "from": "#efb118", "day": "#ff725c"}
    names = [name for name in scale.names() if scale.of(name)]
    seconds = [median(cost.cpu_seconds for cost in scale.of(name)) for name in names]
    figure, axes = pyplot.subplots(figsize=(9, 0.28 * len(names) + 1), layout="constrained")
    colours = [groups.get(name.split(":")[0].split(" ")[0], "#9498a0") for name in names]
    axes.barh(names[::-1], seconds[::-1], color=colours[::-1])
    axes.bar_label(axes.containers[0], fmt="%.2f", padding=3, fontsize=7)  # type: ignore[arg-type]
    axes.set_xlabel("CPU seconds")
    axes.set_title(f"{scale.customers:,} customers, 60 months")
    axes.tick_params(axis="y", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)

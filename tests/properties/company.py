"""The numbers of the generated companies: chosen so that budgets are hit exactly and do change."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.properties.pipeline import Project
from tests.properties.records import UNCLEAR_WORD
from tests.properties.reference import Rules, TypeEntry
from tolerance.oracle import BudgetBand, Terms

BUDGETS = (
    # A tariff that changes on a date, and a budget that falls with tenure: to what is left of one
    # penalty of 100 after a month, so that a balance is exactly 0 where a double says -2.8e-14.
    BudgetBand(0, 24, Decimal(160), date(1900, 1, 1), date(2025, 2, 1)),
    BudgetBand(0, 24, Decimal(150), date(2025, 2, 1)),
    BudgetBand(24, None, Decimal(95), date(1900, 1, 1)),
)

POINTS = {"contract_dispute": Decimal(150), "staff_behaviour": Decimal(50), "billing_error": Decimal("0.5")}
"""150: a budget used up to the last point. 50 and 100 together do the same."""


@dataclass
class Company:
    """The project's own seeds with other points and budgets, and the same numbers for the reference."""

    project: Project
    taxonomy: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with (self.project.seeds / "incident_types.csv").open(encoding="utf-8", newline="") as file:
            self.taxonomy = list(csv.DictReader(file))
        for row in self.taxonomy:
            row["penalty_points"] = str(POINTS.get(row["incident_type"], row["penalty_points"]))
        self._write_taxonomy()
        with (self.project.seeds / "incident_phrases.csv").open("a", encoding="utf-8") as file:
            file.write(f"no_answer,fr,{UNCLEAR_WORD},0.5\n")
        with (self.project.seeds / "tolerance_budgets.csv").open("a", encoding="utf-8") as file:
            for band in BUDGETS:
                until = "" if band.tenure_to is None else band.tenure_to
                ends = "" if band.valid_to == date.max else band.valid_to
                file.write(f"property,{band.tenure_from},{until},{band.points},{band.valid_from},{ends}\n")
        self.project.replace(
            "dbt_project/dbt_project.yml", "budget_preset: flat ", "budget_preset: property "
        )

    def _write_taxonomy(self) -> None:
        path = self.project.seeds / "incident_types.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self.taxonomy[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.taxonomy)

    def reprice(self, incident_type: str, points: int) -> None:
        """Change an entry in place: restated for all its dates."""
        for row in self.taxonomy:
            if row["incident_type"] == incident_type:
                row["penalty_points"] = str(points)
        self._write_taxonomy()

    def reclassify_from(self, incident_type: str, day: date, category: str, points: int) -> None:
        """Close the entry that holds and add one from `day` on, beside it in the table."""
        position = max(
            number for number, row in enumerate(self.taxonomy) if row["incident_type"] == incident_type
        )
        closed = self.taxonomy[position]
        closed["valid_to"] = day.isoformat()
        added = closed | {
            "category": category,
            "penalty_points": str(points),
            "valid_from": day.isoformat(),
            "valid_to": "",
        }
        self.taxonomy.insert(position + 1, added)
        self._write_taxonomy()

    @property
    def rules(self) -> Rules:
        entries = tuple(
            TypeEntry(
                row["incident_type"],
                row["category"],
                Decimal(row["penalty_points"]),
                timedelta(hours=int(row["deadline_hours"])) if row["deadline_hours"] else None,
                date.fromisoformat(row["valid_from"]),
                date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            )
            for row in self.taxonomy
        )
        path = self.project.seeds / "incident_type_compatibility.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(frozenset([*row.values()][:2]), row["holds_in"]) for row in csv.DictReader(file)]
        in_window = frozenset(pair for pair, holds_in in rows if holds_in == "window")
        return Rules(entries, Terms(budgets=BUDGETS), in_window, frozenset(pair for pair, _ in rows))

"""The facts of one customer as a page that fits 80 columns, in French or English."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tolerance import wording
from tolerance.explain import saw_tooth
from tolerance.explain.facts import Facts, Row

EXACT, ROUNDED = 6, 2
"""Digits of the points: as published, or for reading."""

_INDENT = "    "


class Page:
    """Prints facts in one language; `is_exact` shows every line of the statement with all digits."""

    def __init__(self, console: Console, language: str, time_zone: ZoneInfo, *, is_exact: bool) -> None:
        self._console = console
        self._language = language
        self._time_zone = time_zone
        self._is_exact = is_exact
        self._words = _words(language)

    def of_customer(self, facts: Facts) -> None:
        """Everything: the account, its picture, the statement, the incidents and the alerts."""
        self._head(facts)
        if facts["months"]:
            self._title("picture")
            balances = [float(month["closing_points"]) for month in facts["months"]]
            for line in saw_tooth.picture(balances, self._console.width):
                self._print(line)
        if facts["statement"]:
            self._title("statement")
            self._console.print(self._statement(facts))
        self._title("incidents")
        for incident in facts["incidents"]:
            self._incident(incident)
        if not facts["incidents"]:
            self._print(self._words["no_incidents"])
        if facts["alerts"]:
            self._title("alerts")
        for alert in facts["alerts"]:
            self._alert(alert)

    def of_incident(self, facts: Facts, incident_id: str | None, alert_id: str | None = None) -> None:
        """One incident, and one alert where it is asked for, under the account's balance."""
        self._head(facts)
        for alert in facts["alerts"]:
            if alert["alert_id"] == alert_id:
                self._alert(alert)
        for incident in facts["incidents"]:
            if incident["incident_id"] == incident_id:
                self._incident(incident)

    def _head(self, facts: Facts) -> None:
        account = facts["account"]
        if facts["merged_from"]:
            self._say("merged", **facts["merged_from"])
        self._say("title", customer_id=facts["customer_id"], as_of=account["as_of_on"])
        self._say(
            "balance",
            balance=account["balance_points"],
            budget=account["budget_points"],
            remembered=account["remembered_points"],
        )
        safe_month = account["first_safe_month"]
        if safe_month:
            self._say("safe", month=wording.month(safe_month, self._language))
        else:
            self._say("never_safe")

    def _statement(self, facts: Facts) -> Table:
        labels = {incident["incident_id"]: self._label(incident) for incident in facts["incidents"]}
        table = Table(box=None, pad_edge=False)
        table.add_column(self._words["date"], no_wrap=True)
        table.add_column(self._words["what"], ratio=1)
        for name in ("points", "left"):
            table.add_column(self._words[name], justify="right", no_wrap=True)
        for lines in _told_together(facts["statement"], is_exact=self._is_exact):
            last = lines[-1]
            table.add_row(
                self._in_words(last["line_on"]),
                escape(self._line(lines, labels.get(last["incident_id"], ""))),
                self._in_words(sum((line["points"] for line in lines), Decimal())),
                self._in_words(last["balance_points"]),
            )
        return table

    def _line(self, lines: list[Row], label: str) -> str:
        kind, reason = lines[-1]["line_kind"], lines[-1]["reason"]
        words = self._words[kind]
        if kind == "given_back":
            words = words["one" if len(lines) == 1 else "other"]
        told = self._words[reason] if reason else ""
        return str(words.format(label=label, reason=told, count=len(lines)))

    def _incident(self, incident: Row) -> None:
        self._print(f"{self._in_words(incident['occurred_on'])}  {self._label(incident)}")
        words = self._words
        category = words[incident["category"]]
        costs = "costs" if incident["penalty_points"] else "costs_nothing"
        self._say(costs, indent=_INDENT, category=category, points=incident["penalty_points"])
        if incident["reclassification_reason"]:
            because, evidence = "because", ""
            if incident["reclassified_by_file_name"]:
                evidence = words["evidence"].format(
                    file_name=incident["reclassified_by_file_name"],
                    record_no=incident["reclassified_by_record_no"],
                )
            elif incident["reclassification_reason"] == "deadline_passed":
                evidence = words["a_deadline"]
            else:
                because = "because_decided"  # by whom, when and why stands in the next line
            reason = words[incident["reclassification_reason"]]
            self._say(because, indent=_INDENT, reason=reason, evidence=evidence)
        if incident["decided_by"] and (incident["penalty_points"] or incident["reclassification_reason"]):
            decided = {name: incident[name] or "-" for name in ("decided_by", "decided_on", "decided_reason")}
            self._say("decided", indent=_INDENT, **decided)
        for contact in incident["contacts"]:
            number = " ".join(filter(None, (contact["system"], contact["native_id"])))
            self._say(
                "contact",
                indent=_INDENT,
                source=words[contact["source"]],
                number=number,
                date=contact["occurred_at"],
                file_name=contact["file_name"],
                record_no=contact["record_no"],
            )
        self._say("incident_id", indent=_INDENT, incident_id=incident["incident_id"])

    def _alert(self, alert: Row) -> None:
        self._say("alert", **alert)
        self._print(f"{_INDENT}{alert[f'reason_{self._language}']}")
        self._say("alert_id", indent=_INDENT, alert_id=alert["alert_id"])

    def _label(self, incident: Row) -> str:
        return str(incident[f"label_{self._language}"] or incident["incident_type"])

    def _title(self, name: str) -> None:
        self._print()
        self._print(self._words[name].upper())

    def _say(self, name: str, *, indent: str = "", **values: Any) -> None:
        told = {key: self._in_words(value) for key, value in values.items()}
        self._print(f"{indent}{' '.join(self._words[name].format_map(told).split())}")

    def _print(self, text: str = "") -> None:
        # An id, a path or a reason is one to copy: it is not cut, and nothing in it is markup.
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _in_words(self, value: object) -> str:
        if isinstance(value, datetime):
            value = value.astimezone(self._time_zone).date()
        if isinstance(value, date):
            return wording.day(value, self._language)
        if isinstance(value, Decimal):
            return wording.points(value, self._language, digits=EXACT if self._is_exact else ROUNDED)
        return str(value)


def _told_together(lines: list[Row], *, is_exact: bool) -> list[list[Row]]:
    """The lines of the statement; months that only forget follow one another as one."""
    if is_exact:
        return [[line] for line in lines]
    told: list[list[Row]] = []
    for is_forgotten, found in groupby(lines, lambda line: bool(line["line_kind"] == "given_back")):
        together = list(found)
        told += [together] if is_forgotten else [[line] for line in together]
    return told


@cache
def _words(language: str) -> dict[str, Any]:
    path = Path(__file__).with_name("words") / f"{language}.yml"
    words: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return words

"""Who leaves, and why: the planted relation between remembered points and departures.

At the end of each month m a customer leaves during the month after with the hazard h:

    logit(h) = logit(BASE_HAZARD) + ln(ODDS_RATIO) * remembered(m) / 100

`remembered(m)` is what is left at the end of m of all penalties, by the category that each incident ends
with. So each 100 points make it ODDS_RATIO times as likely (in odds) to leave, and a customer without any
leaves with BASE_HAZARD, 1.4 % a year. Nobody leaves within the first LEAST_DAYS. The same numbers stand in
`truth/departure_model.csv`, the departures in `truth/departures.csv`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from tolerance.sample.company import Person

BASE_HAZARD = 0.0012  # a month
ODDS_RATIO = 3.0  # for each 100 remembered points
LEAST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Departure:
    """One customer who left on a day of the month after `month`, with what was remembered at its end."""

    person: Person
    on: date
    month: date  # its first day
    remembered_points: float
    hazard: float


def hazard(remembered_points: float) -> float:
    """How likely a customer leaves within a month."""
    base = math.log(BASE_HAZARD / (1 - BASE_HAZARD))
    odds = math.exp(base + math.log(ODDS_RATIO) * remembered_points / 100)
    return odds / (1 + odds)

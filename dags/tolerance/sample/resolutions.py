"""How a ticket ends, and what that makes of its incident: the sample's own reading of the resolution rule.

Of a hundred tickets of each category so many are solved in time, late, reopened, badly rated or never
answered (`_OUTCOMES`); the shares hold in every month. `life` makes a ticket's changes of an outcome,
`ends_as` says by the rule which category the incident has on a day. The rule is written a second time on
purpose: a truth that read the tables under test would prove little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tolerance.sample.chance import chance
from tolerance.sample.moments import at_work

_DEADLINE_HOURS = {
    "delivery_late": 120,
    "delivery_lost": 72,
    "product_defect": 120,
    "service_outage": 24,
    "billing_error": 72,
    "refund_missing": 120,
    "contract_dispute": 120,
    "payment_fraud": 24,
    "staff_behaviour": 48,
    "privacy_breach": 24,
    "account_access": 24,
    "website_problem": 48,
    "no_answer": 24,
}
_USUAL_HOURS = 72  # for what has no deadline: questions, and incidents that nobody has decided on

_OUTCOMES = {
    "cumulative": {
        "in_time": 42,
        "late": 28,
        "reopened_once": 8,
        "reopened_twice": 4,
        "badly_rated": 10,
        "unanswered": 8,
    },
    "transient": {
        "in_time": 82,
        "late": 7,
        "reopened_once": 4,
        "reopened_twice": 2,
        "badly_rated": 3,
        "unanswered": 2,
    },
    "unclassified": {"in_time": 84, "late": 8, "reopened_once": 4, "badly_rated": 2, "unanswered": 2},
}
_REOPENS = {"reopened_once": 1, "reopened_twice": 2}
_REOPENED_TOO_OFTEN = 2  # for a transient type
_RATED = 0.35
_DELETED = 0.006
_CLOSED_AFTER = timedelta(hours=96)
_LEAST_CARE = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a ticket: from `at` on its status and rating are these."""

    at: datetime  # UTC
    status: str
    satisfaction: str
    reopens: int
    solved_at: datetime | None


def outcome(rng: Random, category: str, created: datetime, deadline: datetime | None) -> str:
    """How a ticket of the category will end; one that was opened when it was too late is late."""
    shares = _OUTCOMES[category]
    drawn = rng.choices([*shares], weights=[*shares.values()])[0]
    is_too_late = deadline is not None and deadline < created + 3 * _LEAST_CARE
    return "late" if drawn == "in_time" and is_too_late else drawn


def deadline_of(incident_type: str, first_contact_at: datetime) -> datetime | None:
    """Until when the incident must be resolved."""
    hours = _DEADLINE_HOURS.get(incident_type)
    return first_contact_at + timedelta(hours=hours) if hours else None


def step_at(steps: Sequence[Step], at: datetime) -> Step | None:
    """The last change on or before `at`; None before the creation."""
    last = None
    for step in steps:
        if step.at > at:
            break
        last = step
    return last


def life(rng: Random, created: datetime, deadline: datetime | None, ending: str) -> list[Step]:
    """Creation, an agent's care, a solution or several, perhaps a rating, then the closing."""
    steps = [Step(created, "new", "unoffered", 0, None)]
    if chance(rng, _DELETED):
        steps.append(Step(created + _minutes(rng, 60, 5 * 1440), "deleted", "unoffered", 0, None))
        return steps
    due = deadline or created + timedelta(hours=_USUAL_HOURS)
    if due < created + 3 * _LEAST_CARE:  # the ticket came when all was late already
        due = created + timedelta(hours=_USUAL_HOURS)
    if ending == "unanswered":
        if chance(rng, 0.5):
            steps.append(Step(at_work(rng, created + _minutes(rng, 8, 300)), "open", "unoffered", 0, None))
        return steps
    taken = at_work(rng, created + _minutes(rng, 8, 300))
    if ending == "late":
        taken = min(taken, due)
        solved = at_work(rng, due + (due - created) * rng.uniform(0.1, 3.0) + _LEAST_CARE)
    else:
        solved = at_work(rng, created + (due - created) * rng.uniform(0.05, 0.8))
        if solved > due - _LEAST_CARE:  # somebody is on call where the desk is closed until then
            solved = created + (due - created) * rng.uniform(0.4, 0.95)
        taken = min(taken, created + (solved - created) / 2)
    solved = max(solved, taken + timedelta(minutes=5))
    steps.append(Step(taken, "open", "unoffered", 0, None))
    if solved - taken > timedelta(hours=20) and chance(rng, 0.5):
        steps.append(Step(taken + _minutes(rng, 10, 50), "pending", "unoffered", 0, None))
    return steps + _solved(rng, solved, ending)


def _solved(rng: Random, solved: datetime, ending: str) -> list[Step]:
    """From the first solution on: what is opened again, rated and closed."""
    steps = []
    reopens = _REOPENS.get(ending, 0)
    for count in range(reopens):
        steps.append(Step(solved, "solved", "offered", count, solved))
        again = solved + _minutes(rng, 120, 40 * 60)
        steps.append(Step(again, "open", "offered", count + 1, None))
        solved = at_work(rng, again + _minutes(rng, 60, 36 * 60))
    steps.append(Step(solved, "solved", "offered", reopens, solved))
    score = "offered"
    if ending == "badly_rated" or chance(rng, _RATED):
        score = "bad" if ending == "badly_rated" or (ending == "late" and chance(rng, 0.4)) else "good"
        rated = solved + _minutes(rng, 20, 90 * 60)
        steps.append(Step(rated, "solved", score, reopens, solved))
    steps.append(Step(solved + _CLOSED_AFTER, "closed", score, reopens, solved))
    return steps


def ends_as(category: str, deadline: datetime | None, steps: Sequence[Step], end: datetime) -> str:
    """The category of an incident at `end`, from its type's category and its ticket's changes, if any."""
    state = step_at(steps, end)
    if state is None or category == "unclassified":
        return category
    in_time = state.solved_at is not None and deadline is not None and state.solved_at <= deadline
    is_bad = state.satisfaction == "bad"
    if category == "cumulative":
        return "transient" if in_time and not state.reopens and not is_bad else "cumulative"
    is_missed = deadline is not None and deadline <= end and not in_time
    return "cumulative" if is_missed or is_bad or state.reopens >= _REOPENED_TOO_OFTEN else "transient"


def _minutes(rng: Random, least: int, most: int) -> timedelta:
    return timedelta(seconds=rng.randint(least * 60, most * 60))

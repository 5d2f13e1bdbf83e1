"""One daily cycle on request: from inbox, date and state to a published generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape

from tolerance import all_clear, inbox, local_run, storage
from tolerance.contracts import NEEDED, SOURCES
from tolerance.crm.export import refused_lists
from tolerance.crm.list_profiles import profiles_named
from tolerance.errors import NotPublishedError, UsageError
from tolerance.file_modes import put_right
from tolerance.intake import quiet
from tolerance.intake.newest_date import newest_business_date
from tolerance.lock import state_lock
from tolerance.parameters import current_parameters
from tolerance.profiles.catalogue import company_file, mappings
from tolerance.publishing.generations import finish_interrupted_publication
from tolerance.reread import finish_interrupted_rebuild
from tolerance.runs import last_published, refuse_earlier
from tolerance.state import State
from tolerance.summary import print_summary, summary


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked for; None for a default."""

    state: State
    extracts: Path | None
    as_of: date | None
    crm: str


def run(request: Request, console: Console) -> dict[str, Any]:
    """Run the cycle, print progress and summary, and give the summary.

    Raises:
        UsageError: when the inbox is missing, its mapping file has a mistake, or the date cannot be computed.
        StateBusyError: when another run holds the state.
        NotPublishedError: when a step failed.
    """
    profiles_named(request.crm)  # refuses an unknown name before anything is ingested
    state = request.state
    with storage.told(state), state_lock(state):
        put_right(state)
        finish_interrupted_rebuild(state)
        finish_interrupted_publication(state)
        extracts = _inbox(request, console)
        # Finds mistakes in the company's files before anything is ingested.
        current_parameters()
        mappings(company_file(extracts))
        as_of = request.as_of or _default_as_of(state, extracts)
        refuse_earlier(as_of, last_published(state))
        console.print(f"Ingesting {extracts} as of {as_of}", markup=False, highlight=False, soft_wrap=True)
        found = quiet.in_the_inbox(state, extracts, as_of)
        left_out = quiet.quiet_sources(state, found)
        if named := [source for source in SOURCES if source in left_out and (extracts / source).exists()]:
            console.print(f"  nothing new in the inbox: {', '.join(named)}", markup=False, highlight=False)
        failures = local_run.run_dags(state, extracts, as_of, crm=request.crm, quiet=left_out)
        if failures:
            raise NotPublishedError("Not published", failures[0])
        deliveries = {
            source: inbox.deliveries(extracts, source, as_of, state.acknowledgements) for source in SOURCES
        }
        facts = summary(state, _warnings(state, deliveries, as_of))
        quiet.remember(state, found, deliveries)
        print_summary(console, facts)
    facts["undelivered"] = local_run.deliver(state, as_of)  # the generation is published nevertheless
    for sentence in facts["undelivered"]:
        console.print(f"[yellow]Warning:[/] {escape(sentence)}", highlight=False, soft_wrap=True)
    return facts


def _inbox(request: Request, console: Console) -> Path:
    if request.extracts is None:
        sample = request.state.root / "sample"
        if not sample.exists():
            from tolerance.sample import make_sample

            console.print(
                f"Making the sample company in {sample}", soft_wrap=True, markup=False, highlight=False
            )
            make_sample(sample)
        return sample
    if not request.extracts.is_dir():
        raise UsageError(
            f"EXTRACTS={request.extracts} is not a folder",
            f"give the folder that holds {', '.join(f'{source}/' for source in NEEDED)}.",
        )
    return request.extracts.resolve()


def _default_as_of(state: State, extracts: Path) -> date:
    """The newest plausible business date among tickets and calls, never before the last published date."""
    newest = newest_business_date(extracts, state)
    published = last_published(state)
    candidates = [day for day in (newest, published and published.as_of_on) if day]
    if not candidates:
        raise UsageError(
            f"No ticket and no call in {extracts} has a plausible date", "give AS_OF=YYYY-MM-DD."
        )
    return max(candidates)


def _warnings(state: State, deliveries: Mapping[str, inbox.Deliveries], as_of: date) -> list[str]:
    """What the published tables do not show by themselves; one warning withholds the all-clear."""
    warnings = [*all_clear.of_inbox(state, deliveries, as_of), *all_clear.of_loads(state, as_of)]
    with duckdb.connect(str(state.serving), read_only=True) as serving:
        return warnings + all_clear.of_tables(serving, warnings) + refused_lists(state, as_of)

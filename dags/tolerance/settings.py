"""The company's settings: the vars of the dbt project, overridden by the company's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from tolerance import company

LIBRARY = Path(str(files("tolerance")))
"""The installed package: a folder of the environment, or of a checkout."""

PROJECT_ROOT = LIBRARY / "project"
"""What dbt reads, as package data: copies in a wheel, links to the repository's folders in a checkout."""

DBT_PROJECT = PROJECT_ROOT / "dbt_project"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that file work needs."""

    business_time_zone: ZoneInfo
    earliest_plausible_on: date
    latest_plausible_on: date
    max_bad_share: float
    max_bad_share_from_records: int
    ingest_at: str = "04:00"
    daily_deadline: str = "07:00"
    """Times of day, in business time."""

    ingest_schedules: dict[str, str] = field(default_factory=dict)
    """Sources with a schedule of their own: five fields of cron, in business time."""

    ingest_on_arrival: bool = False
    """Whether a delivered file starts the ingestion of its source."""

    dag_prefix: str = "tolerance_"
    """What the ids of all DAGs and the names of all assets begin with."""

    list_link: str = ""
    """The address below which people find the folders of the lists, by their dates."""

    own_addresses: tuple[str, ...] = ()
    """The company's own addresses, in lower case, and its domains as `@example.com`."""
    team_language: str = "en"
    urgent_schedule: str = ""
    """When an urgent run looks into the inbox, in the business time zone; empty for not by itself."""


@cache
def settings() -> Settings:
    """The settings in use: the company's own, else those of `dbt_project.yml`."""
    vars_ = company.variables(DBT_PROJECT / "dbt_project.yml")
    return Settings(
        business_time_zone=ZoneInfo(vars_["business_time_zone"]),
        earliest_plausible_on=date.fromisoformat(str(vars_["earliest_plausible_on"])),
        latest_plausible_on=date.fromisoformat(str(vars_["latest_plausible_on"])),
        max_bad_share=float(vars_["max_bad_share"]),
        max_bad_share_from_records=int(vars_["max_bad_share_from_records"]),
        ingest_at=vars_["ingest_at"],
        daily_deadline=vars_["daily_deadline"],
        ingest_schedules={source: cron.strip() for source, cron in vars_["ingest_schedules"].items()},
        ingest_on_arrival=bool(vars_["ingest_on_arrival"]),
        dag_prefix=vars_["dag_prefix"],
        list_link=vars_["list_link"],
        own_addresses=tuple(str(address).strip().lower() for address in vars_["own_addresses"]),
        team_language=str(vars_["team_language"]),
        urgent_schedule=str(vars_["urgent_schedule"]).strip(),
    )

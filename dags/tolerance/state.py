"""Where everything is below STATE, and who may write there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class State:
    """The folders of one warehouse. Users rely on their names."""

    root: Path

    @property
    def shared_folders(self) -> tuple[Path, ...]:
        """What is made for others of this machine, or by them."""
        return self.serving.parent, self.outbox.parent, self.acknowledgements

    @property
    def private_folders(self) -> tuple[Path, ...]:
        """What is for the user of the runs alone."""
        return (
            *(self.landing, self.raw, self.quarantine, self.runs, self.history, self.gates, self.work),
            *(self.identity_key.parent, self.dbt, self.airflow_home, self.root / "sample"),
        )

    @property
    def private_files(self) -> tuple[Path, ...]:
        """Files in STATE itself."""
        return tuple(self.root.glob(f"{self.warehouse.name}*")) + tuple(self.root.glob("*.lock*"))

    @property
    def landing(self) -> Path:
        """Delivered files by content hash, never changed."""
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        """Parquet, one folder per source and load."""
        return self.root / "raw"

    @property
    def loads(self) -> Path:
        """One JSON record per load: the files and their counts."""
        return self.raw / "loads"

    @property
    def contracts(self) -> Path:
        """What the models need to know of the contracts, one JSON line per source."""
        return self.raw / "contracts.ndjson"

    @property
    def quarantine(self) -> Path:
        """Every quarantined record with its bytes, one folder per source and load."""
        return self.root / "quarantine"

    @property
    def runs(self) -> Path:
        """One JSON record per run: as-of date, loads, parameters; dbt reads them as a source."""
        return self.root / "runs"

    @property
    def run_steps(self) -> Path:
        """What ran, how long and at what cost: one file per as-of date, a JSON line per step."""
        return self.runs / "steps"

    @property
    def history(self) -> Path:
        """What the CRM was told, as known then: alerts by as-of date."""
        return self.root / "history"

    @property
    def told(self) -> Path:
        """The rows of each date's list, all columns: what a destination must hear."""
        return self.history / "told"

    @property
    def deliveries(self) -> Path:
        """What was sent to each destination and what became of it, one folder of journals each."""
        return self.history / "deliveries"

    @property
    def mailboxes(self) -> Path:
        """How far each mailbox was read."""
        return self.history / "mailboxes"

    @property
    def sftp_folders(self) -> Path:
        """Which versions of each folder's files were picked up."""
        return self.history / "sftp_folders"

    @property
    def load_copies(self) -> Path:
        """A copy of each load record: with these and `landing/`, a lost `raw/` can be made again."""
        return self.history / "loads"

    @property
    def aliases(self) -> Path:
        """Former ids of contacts, incidents and alerts, one JSON line each; dbt reads them as a source."""
        return self.history / "aliases.ndjson"

    @property
    def warehouse(self) -> Path:
        """dbt's working database: only dbt writes it."""
        return self.root / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        """The published generation: what BI opens."""
        return self.root / "serving" / "tolerance.duckdb"

    @property
    def outbox(self) -> Path:
        """Alert lists for the CRM, one folder per as-of date."""
        return self.root / "outbox" / "crm"

    @property
    def acknowledgements(self) -> Path:
        """What the CRM returns."""
        return self.root / "inbox_crm"

    @property
    def gates(self) -> Path:
        """What the gates found last, in counts; what is missing here is judged again."""
        return self.root / "gates"

    @property
    def identity_key(self) -> Path:
        """The key for hashing addresses, unless the environment gives one."""
        return self.root / "secret" / "identity.key"

    @property
    def work(self) -> Path:
        """Unfinished files of the current run; the next run removes leftovers."""
        return self.root / "work"

    @property
    def dbt(self) -> Path:
        """dbt's target and logs: personal data, never published."""
        return self.root / "dbt"

    @property
    def airflow_home(self) -> Path:
        """Airflow's own database, configuration and logs."""
        return self.root / "airflow"

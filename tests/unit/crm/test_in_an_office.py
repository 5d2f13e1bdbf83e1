"""LibreOffice opens the workbook rightly in a French and an English office. `make test-crm` installs it."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.crm.published import DAY, alerts, number, published_state, sorted_alerts
from tolerance.crm.export import export_alerts

OFFICE = shutil.which("soffice")
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>{locale}</value></prop></item>
</oor:items>
"""
# Comma, quotes, UTF-8, from the first line on; cells as shown; every sheet.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"

pytestmark = [
    pytest.mark.crm,
    pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed: `make test-crm` does"),
]


def opened(folder: Path, locale: str) -> dict[str, list[dict[str, str]]]:
    """What an office of that locale shows of each sheet, as texts."""
    state = published_state(folder / "state", alerts())
    export_alerts(state)
    user = folder / "user"
    (user / "user").mkdir(parents=True)
    (user / "user" / "registrymodifications.xcu").write_text(SETTINGS.format(locale=locale), "utf-8")
    command = [OFFICE or "", f"-env:UserInstallation={user.as_uri()}", "--headless", "--convert-to", AS_SHOWN]
    workbook = state.outbox / DAY / "alerts.xlsx"
    subprocess.run(
        [*command, "--outdir", str(folder), str(workbook)], check=True, capture_output=True, timeout=300
    )
    return {
        path.stem.removeprefix("alerts-"): list(
            csv.DictReader(path.read_text("utf-8").splitlines(keepends=True))
        )
        for path in folder.glob("alerts-*.csv")
    }


@pytest.mark.parametrize(
    ("locale", "occurred_on", "respond_by", "balance"),
    [
        ("fr-FR", "18/11/2026", "22/11/2026 00:00:00", "-38,24"),
        ("en-US", "11/18/2026", "11/22/2026 00:00:00", "-38.24"),
    ],
)
def test_an_office_shows_dates_and_numbers_as_its_country_writes_them(
    tmp_path: Path, locale: str, occurred_on: str, respond_by: str, balance: str
) -> None:
    sheets = opened(tmp_path, locale)
    assert sheets.keys() == {"All", "Billing", "Operations"}
    assert [row["Alert"] for row in sheets["All"]] == [row.alert_id for row in sorted_alerts()]
    rows = {row["Alert"]: row for row in sheets["All"]}
    first = rows[number(1)]
    assert first["Occurred on"] == occurred_on
    assert first["Respond by (Europe/Paris)"] == respond_by
    assert first["Balance today"] == balance
    assert first["To do first"] == "Restore the service and name an hour"
    assert first["Ticket"] == "4711"
    assert rows[number(5)]["Customer"] == '=HYPERLINK("https://x.test";"a")'
    assert rows[number(6)]["Customer"] == "-12"

"""What `docs/operate.md` says that a backup needs is enough: restored elsewhere, the days go on equally.

Four days, of which two compute everything: it runs with `make test-service`.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from tests import REPOSITORY
from tests.fixtures import stored_states
from tests.fixtures.ingesting import looking_quickly, reading_here
from tests.properties.pipeline import OF_TREE, Pipeline
from tests.properties.records import IDENTITY_KEY
from tolerance.identity import KEY_VARIABLE
from tolerance.rebuild import differing_rows
from tolerance.reread import read_again

pytestmark = pytest.mark.service


def backed_up() -> list[str]:
    """The folders of the table in `operate.md` whose row says yes; `<as-of>` stands for all below."""
    text = (REPOSITORY / "docs" / "operate.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`|]+)`[^|]*\|.*\| (.*) \|$", text, re.MULTILINE)
    return [place.split("<")[0].rstrip("/") for place, needs in rows if needs.startswith("yes")]


def copied(source: Path, target: Path, places: list[str]) -> None:
    for place in places:
        if (source / place).exists():
            shutil.copytree(source / place, target / place)


def lists(pipeline: Pipeline) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in pipeline.state.outbox.glob("*/alerts.csv")}


def test_a_restored_backup_goes_on_with_equal_rows_and_tells_nothing_twice(tmp_path: Path) -> None:
    places = backed_up()
    assert places == ["outbox/crm", "landing", "history", "runs", "secret"]
    # Of the stored release only its inbox: that one read otherwise and under another key, and a rebuild
    # after a restoration reads anew.
    (tmp_path / "lost").mkdir()
    stored, _ = stored_states.unpack("0.1.0", tmp_path / "lost")
    shutil.rmtree(stored)
    lost = Pipeline(tmp_path / "lost", OF_TREE)
    for day in stored_states.RUN_ON:
        lost.run(day)

    restored = Pipeline(tmp_path / "restored", OF_TREE)
    copied(lost.state.root, restored.state.root, places)
    shutil.copytree(lost.extracts, restored.extracts)
    with patch.dict(os.environ, {KEY_VARIABLE: IDENTITY_KEY}), looking_quickly(), reading_here():
        # What `tolerance rebuild` does first; the days before it are told under their ids already.
        assert list(read_again(restored.state))
    for pipeline in (lost, restored):
        pipeline.run(stored_states.NEXT_ON)

    different = differing_rows(lost.state.serving, restored.state.serving, tmp_path)
    assert len(different) > 20
    assert {table: rows for table, rows in different.items() if any(rows)} == {}
    told = lists(lost)
    assert len(told) == 3
    assert lists(restored) == told

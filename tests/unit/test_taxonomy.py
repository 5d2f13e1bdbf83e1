"""A table of the company that names what there is not is refused in one sentence, before a run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tolerance import parameters, taxonomy
from tolerance.errors import UsageError
from tolerance.settings import DBT_PROJECT


@pytest.fixture
def seeds(tmp_path: Path) -> dict[str, Path]:
    return {path.name: Path(shutil.copy(path, tmp_path)) for path in (DBT_PROJECT / "seeds").glob("*.csv")}


def test_the_tables_of_the_tree_have_no_mistake(seeds: dict[str, Path]) -> None:
    taxonomy.refuse_mistakes(seeds)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("playbooks.csv", ",quality,48", ",quallity,48", r"line 5: owner_role quallity is not in roles.csv"),
        (
            "incident_types.csv",
            ",120,product_defect,quality",
            ",120,product_defect,boss",
            "boss is not in roles",
        ),
        (
            "incident_types.csv",
            ",delivery_lost,logistics",
            ",delivery_lost,customer_care",
            "takes the first step",
        ),
        ("incident_types.csv", ",24,no_answer,", ",24,answer_all,", "answer_all is not in playbooks.csv"),
        (
            "incident_type_stages.csv",
            "no_answer,get_help",
            "no_reply,get_help",
            "no_reply is not in incident_types.csv",
        ),
        (
            "incident_type_stages.csv",
            "no_answer,get_help",
            "no_answer,help",
            "help is not in journey_stages.csv",
        ),
        (
            "roles.csv",
            "Quality,quality_and_safety",
            "Quality,",
            "department is empty and is not in departments.csv",
        ),
        ("roles.csv", "quality,Qualité", "security,Qualité", "security stands there twice"),
        ("playbook_titles.csv", "no_answer,", "answers,", "no_answer is not in playbook_titles.csv"),
        ("playbooks.csv", "operations,8,2,", "operations,soon,2,", "due_hours is no number of hours"),
        ("playbooks.csv", "operations,8,2,", "operations,8,a lot,", "effort_hours is no number of hours"),
        (
            "ticket_links.csv",
            "system,link_template\n",
            "system,link_template\njira,https://x/\n",
            "has no {ticket_id}",
        ),
        (
            "code_stages.csv",
            "source,code,journey_stage\n",
            "source,code,journey_stage\nfaq,colis_perdu,arrive\n",
            "line 2: journey_stage arrive is not in journey_stages.csv",
        ),
        (
            "code_stages.csv",
            "source,code,journey_stage\n",
            "source,code,journey_stage\nmail,colis_perdu,buy\n",
            "line 2: a row needs a source and its code: write faq with",
        ),
        (
            "code_stages.csv",
            "source,code,journey_stage\n",
            "source,code,journey_stage\nfaq,late,buy\nfaq,late,use\n",
            "line 3: faq late stands there twice",
        ),
        (
            "incident_types.csv",
            ",1990-01-01,\ndelivery_lost,2",
            ",1990-01-01,2026-01-01\ndelivery_late,1,a,b,cumulative,100,120,delivery_late,logistics,x,y,2025-12-01,"
            "\ndelivery_lost,2",
            "lines 2 and 3: delivery_late holds from 1990-01-01 to 2026-01-01, and again from 2025-12-01",
        ),
        (
            "incident_types.csv",
            ",1990-01-01,\ndelivery_lost,2",
            ",1990-01-01,\ndelivery_late,1,a,b,cumulative,100,120,delivery_late,logistics,x,y,2025-12-01,"
            "\ndelivery_lost,2",
            "lines 2 and 3: delivery_late holds from 1990-01-01 to ever, and again",
        ),
        (
            "incident_types.csv",
            ",1990-01-01,\ndelivery_lost,2",
            ",2026-02-30,\ndelivery_lost,2",
            "line 2: valid_from 2026-02-30 is no date",
        ),
        (
            "incident_types.csv",
            ",1990-01-01,\ndelivery_lost,2",
            ",2026-02-01,2026-01-01\ndelivery_lost,2",
            "line 2: delivery_late holds from 2026-02-01 to 2026-01-01, which is none",
        ),
        (
            "incident_types.csv",
            "Late delivery,transient",
            "Late delivery,grave",
            "line 2: category grave is none",
        ),
        (
            "faq_incident_types.csv",
            "colis_perdu,delivery_lost",
            "colis_perdu,delivry_lost",
            "line 2: delivry_lost is not in incident_types.csv: write delivery_lost if it is that, else give",
        ),
        (
            "channels.csv",
            "faq,,phone",
            "calls,,phone",
            "a row needs a source and its channel: the sources are",
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence_with_its_line(
    seeds: dict[str, Path], name: str, old: str, new: str, message: str
) -> None:
    text = seeds[name].read_text("utf-8")
    assert text.count(old) == 1
    seeds[name].write_text(text.replace(old, new), "utf-8")
    with pytest.raises(UsageError, match=message) as refused:
        taxonomy.refuse_mistakes(seeds)
    assert "\n" not in str(refused.value)
    assert name in str(refused.value)


def test_a_run_asks_before_anything_is_ingested(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    text = (DBT_PROJECT / "seeds" / "roles.csv").read_text("utf-8")
    (tmp_path / "seeds" / "roles.csv").write_text(text.replace("billing,", "accounts,"), "utf-8")
    monkeypatch.setenv("TOLERANCE_COMPANY", str(tmp_path))
    with pytest.raises(UsageError, match=r"owner_role billing is not in roles\.csv"):
        parameters.current_parameters()


def test_a_companys_types_need_no_stage_and_may_leave_types_of_the_tree_out(
    seeds: dict[str, Path], tmp_path: Path
) -> None:
    own = tmp_path / "company" / "incident_types.csv"
    own.parent.mkdir()
    lines = seeds["incident_types.csv"].read_text("utf-8").splitlines()
    kept = [
        line.replace("website_problem,", "app_crash,", 1)
        for line in lines
        if not line.startswith("no_answer")
    ]
    own.write_text("\n".join(kept) + "\n", "utf-8")
    taxonomy.refuse_mistakes(seeds | {"incident_types.csv": own})


def test_a_type_with_blanks_around_it_and_one_like_no_other_are_no_slips(seeds: dict[str, Path]) -> None:
    with seeds["tag_incident_types.csv"].open("a", encoding="utf-8") as file:
        file.write("parcels, privacy_breach ,\nvip,none,\nunknown,,\nbikes,flat_tyre,\n")
    taxonomy.refuse_mistakes(seeds)

"""Mapping files: which profile a file gets, and one clear sentence for each mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import REPOSITORY
from tolerance.profiles import catalogue, reading
from tolerance.profiles.catalogue import Mappings
from tolerance.profiles.mistakes import MappingError
from tolerance.profiles.profile import BY_CONTRACT
from tolerance.readers.date_formats import is_numeric

DESK = """
profiles:
  tickets:
    desk:
      csv:
        delimiter: "|"
        columns: {ticket_id: [Nr], created_at: [Date], status: [State]}
"""


def parsed(text: str) -> reading.MappingFile:
    return reading.parse(text.encode(), "mappings.yml of a company", catalogue.mappings().profiles)


def mistakes(text: str) -> list[str]:
    with pytest.raises(MappingError) as error:
        parsed(text)
    return str(error.value).splitlines()


def desk(key: str) -> str:
    """The profile above with one more key."""
    return f"{DESK}      {key}\n"


def test_the_shipped_profiles_are_sound_and_complete() -> None:
    names = {name for source, name in catalogue.mappings().profiles if source == "tickets"}
    assert names >= {"zendesk", "zendesk_tables", "jira", "glpi", "intercom", "servicenow", "freshdesk"}


def test_every_shipped_profile_has_a_folder_of_its_name_and_a_place_in_the_documentation() -> None:
    found = catalogue.mappings()
    text = (REPOSITORY / "docs" / "mappings.md").read_text("utf-8")
    for source, name in found.profiles.keys() - {("tickets", "help_desk")}:
        assert found.profile_of(source, f"{name}/a.csv").name == name
        assert f"`{name}`" in text


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("jira/a.csv", "jira"),
        ("2026-11-20/jira/a.csv.gz", "jira"),
        ("jira/2026-11-20/a.json", "jira"),
        ("a.csv", "default"),
        ("2026-11-20/tickets.json", "default"),
        ("own/a[1]*.csv", "glpi"),
        ("own/a.json", "default"),
        ("../jira/a.csv", "default"),
    ],
)
def test_a_file_gets_its_profile_from_the_name_it_was_delivered_under(name: str, profile: str) -> None:
    own = parsed("files: {tickets/own/*.csv: glpi}")
    found = Mappings(catalogue.mappings().profiles, own.rules + catalogue.mappings().rules).profile_of(
        "tickets", name
    )
    assert found.name == profile


def test_a_folder_called_like_a_profile_of_the_company_declares_it_too(tmp_path: Path) -> None:
    path = tmp_path / "mappings.yml"
    path.write_text(f"files: {{'tickets/desk/old*': jira}}\n{DESK}", "utf-8")
    found = catalogue.mappings(path)
    names = ("desk/a.csv", "2026-11-20/desk/a.csv.gz", "desk/old.csv", "desk.csv", "desks/a.csv")
    profiles = [found.profile_of("tickets", name) for name in names]
    assert [profile.name for profile in profiles] == ["desk", "desk", "jira", "default", "default"]
    assert found.profile_of("customers", "desk/a.csv") == BY_CONTRACT


def test_the_companys_rules_go_first_and_its_profiles_extend_the_shipped_ones(tmp_path: Path) -> None:
    company = tmp_path / "mappings.yml"
    company.write_text(
        "files: {tickets/jira/*: ours}\n"
        "profiles: {tickets: {ours: {extends: jira, values: {status: {Parked: hold}}, "
        "csv: {columns: {customer_id: [Account]}}}}}\n"
    )
    ours = catalogue.mappings(company).profile_of("tickets", "jira/a.csv")
    assert ours.name == "ours"
    assert ours.csv is not None
    assert ours.csv.columns["customer_id"] == ("Account",)
    assert "résumé" in ours.csv.columns["subject"]
    assert ours.values["status"]["parked"] == "hold"
    assert ours.values["status"]["done"] == "solved"
    assert ours.fingerprint != catalogue.mappings().profiles["tickets", "jira"].fingerprint


def test_the_companys_file_is_the_one_that_is_named_else_the_one_in_the_inbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(catalogue.MAPPINGS_VARIABLE, raising=False)
    assert catalogue.company_file(tmp_path) is None
    (tmp_path / "mappings.yml").write_text("")
    assert catalogue.company_file(tmp_path) == tmp_path / "mappings.yml"
    (tmp_path / "other.yml").write_text("")
    monkeypatch.setenv(catalogue.MAPPINGS_VARIABLE, str(tmp_path / "other.yml"))
    assert catalogue.company_file(tmp_path) == tmp_path / "other.yml"
    monkeypatch.setenv(catalogue.MAPPINGS_VARIABLE, str(tmp_path / "none.yml"))
    with pytest.raises(MappingError, match="is not a file"):
        catalogue.company_file(tmp_path)


def test_a_profile_without_a_fault_is_taken() -> None:
    assert parsed(DESK).profiles["tickets", "desk"].csv is not None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("files: [", "this is not YAML", id="no yaml"),
        pytest.param("a: 1\na: 2", "the key 'a' is there twice", id="a key twice"),
        pytest.param(
            "profile: {}", r"`profile`: there is no such key \(profiles looks like it\)", id="top key"
        ),
        pytest.param("profiles: {mail: {}}", "there is no such source; it is one of", id="source"),
        pytest.param("profiles: {tickets: {default: {}}}", "this is the contract itself", id="default"),
        pytest.param("files: {a.csv: jira}", "begins with its source's folder", id="pattern"),
        pytest.param("files: {tickets/*: jirra}", r"no profile 'jirra' \(jira looks like it\)", id="rule"),
        pytest.param("profiles: {tickets: {a: {}}}", "needs `csv` or `json`", id="no form"),
        pytest.param("profiles: {tickets: {a: {extends: b}}}", "no profile 'b' to extend", id="extends"),
        pytest.param("profiles: {tickets: {a: {extends: b}, b: {extends: a}}}", "in a circle", id="a circle"),
        pytest.param(
            "profiles: {tickets: {a: {csv: {columns: {ticket_id: x, status: y}}}}}",
            "created_at is required and has neither",
            id="required",
        ),
        pytest.param(
            DESK.replace("State]", "State], nummer: [x]"), r"`csv.columns.nummer`: there is no", id="field"
        ),
        pytest.param(DESK.replace('"|"', '"::"'), "'::' is not allowed; allowed are ';'", id="delimiter"),
        pytest.param(desk("encodings: utf-16"), "'utf-16' cannot be read", id="encoding"),
        pytest.param(desk("dates: dd/mm/yyyy"), "'dd/mm/yyyy' is not a date format", id="date"),
        pytest.param(desk('dates: ["%d/%m/%Y", "%m/%d/%Y"]'), "cannot be distinguished", id="day or month"),
        pytest.param(desk("time_zone: Paris"), "'Paris' is not a time zone", id="zone"),
        pytest.param(desk("decimal_mark: ';'"), "allowed are '.', ','", id="mark"),
        pytest.param(
            desk("values: {status: {x: done}}"), "'done' is not allowed; allowed are closed", id="word"
        ),
        pytest.param(desk("otherwise: {status: open}"), "add it", id="otherwise"),
        pytest.param(desk("constants: {type: event}"), "'event' is not allowed", id="constant"),
        pytest.param(desk("values: {status: [x]}"), "must be a table", id="table"),
        pytest.param(desk("html: body"), "'body' is not allowed", id="html"),
        pytest.param(
            desk("not_where: {email: [x]}"), "`not_where.email`: this must be a table of", id="not where"
        ),
        pytest.param(desk("skip_when: [a]"), "must be a table of `column: values`", id="condition"),
    ],
)
def test_each_mistake_is_one_sentence_that_says_what_is_allowed(text: str, sentence: str) -> None:
    (message,) = mistakes(text)
    assert re.search(sentence, message), message
    assert message.startswith("mappings.yml of a company")


def test_all_mistakes_are_told_at_once_with_their_profile() -> None:
    sentences = mistakes(desk("time_zone: Paris\n      colour: red"))
    assert len(sentences) == 2
    assert all("profile tickets/desk" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("tickets", "zendesk"),
        ("tickets", "jira"),
        ("tickets", "glpi"),
        ("tickets", "servicenow"),
        ("tickets", "hubspot"),
        ("tickets", "salesforce"),
        ("tickets", "osticket"),
        ("tickets", "zoho_desk"),
        ("faq", "genesys"),
        ("faq", "five9"),
    ],
)
def test_a_variant_with_the_month_first_is_its_desk_in_all_else(source: str, name: str) -> None:
    profiles = catalogue.mappings().profiles
    usual, american = profiles[source, name], profiles[source, f"{name}_us"]
    assert usual.csv is not None
    assert american.csv is not None
    assert (american.values, american.csv.columns) == (usual.values, usual.csv.columns)
    assert not any(text.startswith("%d") for text in american.csv.dates)
    assert {text for text in usual.csv.dates if not is_numeric(text)} <= set(american.csv.dates)


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    found = parsed(desk("values: {is_deleted: {no: no, 1: yes}, status: {null: open}}"))
    values = found.profiles["tickets", "desk"].values
    assert values == {"is_deleted": {"no": "no", "1": "yes"}, "status": {"null": "open"}}


def test_the_example_in_the_documentation_is_a_sound_mapping_file() -> None:
    text = (REPOSITORY / "docs" / "mappings.md").read_text("utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    assert set(parsed(example).profiles) == {("tickets", "our_desk"), ("customers", "our_crm")}


def test_a_profile_is_of_its_vendors_system_or_of_the_one_that_it_extends() -> None:
    shipped = catalogue.mappings()
    assert shipped.profile("tickets", "glpi_us").system == "glpi"
    assert shipped.profile("tickets", "zendesk_tables").system == "zendesk"
    assert BY_CONTRACT.system == ""
    for (source, name), profile in shipped.profiles.items():
        assert source != "tickets" or name == "help_desk" or profile.declared_system, name


def test_a_company_names_the_systems_of_its_instances_and_migrations() -> None:
    profiles = parsed(
        """
profiles:
  tickets:
    paris: {extends: glpi, system: glpi_paris}
    paris_us: {extends: paris}
    moved: {extends: freshdesk, system: zendesk}
    own: {extends: help_desk}
    by_contract: {system: shop, csv: contract}
"""
    ).profiles
    systems = {name: profile.system for (_, name), profile in profiles.items()}
    assert systems == {
        "paris": "glpi_paris",
        "paris_us": "glpi_paris",
        "moved": "zendesk",
        "own": "own",
        "by_contract": "shop",
    }
    assert profiles["tickets", "by_contract"].is_contract("csv")


@pytest.mark.parametrize("name", ["GLPI", "a|b", "é", "a b", "x" * 65])
def test_a_system_has_a_plain_name(name: str) -> None:
    assert "is not the name of a system" in mistakes(desk(f"system: {name!r}"))[0]

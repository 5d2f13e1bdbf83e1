"""Before a service starts: its places, its secrets, its login; and what its compose file promises."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import REPOSITORY
from tolerance import service
from tolerance.errors import UsageError

SECRET = "a secret of the tests / with @ and %"


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A whole environment; migrating is left to the test of the real service."""
    (tmp_path / "inbox").mkdir()
    values = {
        "TOLERANCE_EXTRACTS": tmp_path / "inbox",
        "TOLERANCE_STATE": tmp_path / "state",
        service.JWT_SECRET: SECRET,
        service.FERNET_KEY: SECRET,
        service.ADMIN_PASSWORD: SECRET,
        service.PASSWORDS_FILE: tmp_path / "login" / "passwords.json",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(
        service.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], returncode=0)
    )
    return tmp_path / "login" / "passwords.json"


def test_the_login_is_readable_by_its_owner_alone(prepared: Path) -> None:
    said: list[str] = []
    prepared.parent.mkdir()
    prepared.write_text("{}")
    prepared.chmod(0o644)  # as Airflow leaves it
    service.prepare(said.append)
    assert json.loads(prepared.read_text("utf-8")) == {"admin": SECRET}
    assert stat.S_IMODE(prepared.stat().st_mode) == 0o600
    assert not [line for line in said if SECRET in line]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("TOLERANCE_STATE", "", "TOLERANCE_STATE is not set"),
        ("TOLERANCE_EXTRACTS", "/nowhere", "TOLERANCE_EXTRACTS=/nowhere is not a folder"),
        (service.ADMIN_PASSWORD, "admin", "AIRFLOW_ADMIN_PASSWORD is shorter than 16 characters"),
        (service.JWT_SECRET, "", "AIRFLOW__API_AUTH__JWT_SECRET is not set; it needs 16 characters"),
        (service.DATABASE_PASSWORD, "airflow", "PGPASSWORD is shorter than 16 characters"),
        (service.PASSWORDS_FILE, "", "PASSWORDS_FILE is not set"),
    ],
)
def test_what_is_missing_or_weak_is_refused_in_a_sentence(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=re.escape(sentence)):
        service.prepare(print)
    assert not prepared.exists()


def test_a_secret_may_come_from_a_file(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = prepared.parent.parent / "secret"
    file.write_text(f"{SECRET}\n", "utf-8")
    monkeypatch.delenv(service.ADMIN_PASSWORD)
    monkeypatch.setenv(f"{service.ADMIN_PASSWORD}_FILE", str(file))
    service.prepare(print)
    assert json.loads(prepared.read_text("utf-8")) == {"admin": SECRET}


def test_workers_elsewhere_are_told_what_they_must_share(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    service.prepare(said.append)
    assert not [line for line in said if "Celery" in line]
    with_celery(monkeypatch)
    service.prepare(said.append)
    assert any("every worker must see the same" in line for line in said)
    assert prepared.exists()


def with_celery(monkeypatch: pytest.MonkeyPatch, *, installed: bool = True) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setattr(service, "find_spec", lambda _: installed or None)


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "REDIS_PASSWORD is not set; it needs 16 characters"),
        ("short", "REDIS_PASSWORD is shorter than 16 characters"),
        ("of @ and / an address", "REDIS_PASSWORD stands in an address"),
    ],
)
def test_a_broker_without_a_password_that_an_address_can_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch, password: str, sentence: str
) -> None:
    monkeypatch.setenv(service.BROKER_PASSWORD, password)
    service.prepare(print)  # LocalExecutor has no broker
    with_celery(monkeypatch)
    with pytest.raises(UsageError, match=re.escape(sentence)):
        service.prepare(print)
    monkeypatch.setenv(service.BROKER_PASSWORD, "a-password_of-the-tests")
    service.prepare(print)


@pytest.mark.usefixtures("prepared")
def test_celery_without_its_packages_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with_celery(monkeypatch, installed=False)
    with pytest.raises(UsageError, match="its packages are not installed"):
        service.prepare(print)


COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text("utf-8"))


def test_each_service_of_the_stack_says_how_it_is() -> None:
    assert [name for name, one in COMPOSE["services"].items() if "healthcheck" not in one] == ["prepare"]


def test_only_the_api_is_published_and_only_to_this_machine() -> None:
    ports = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert ports == {"api-server": ["${AIRFLOW_ADDRESS:-127.0.0.1:8080}:8080"]}


def test_each_variable_of_the_stack_stands_in_the_example_and_no_secret_has_a_value() -> None:
    example = (REPOSITORY / ".env.example").read_text("utf-8")
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (REPOSITORY / "docker-compose.yml").read_text("utf-8")))
    assert {name for name in used if not re.search(rf"(?m)^#?{name}=", example)} == set()
    assert re.findall(r"(?m)^\w+=.+$", example) == []

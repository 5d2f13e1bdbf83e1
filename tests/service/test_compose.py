"""docker compose takes the file, with the secrets and not without."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import REPOSITORY

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is missing"),
]


def config(secrets: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker-compose", "--env-file", str(secrets), *options, "config", "--quiet"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("--profile", "celery")])
def test_compose_takes_the_file(tmp_path: Path, options: tuple[str, ...]) -> None:
    example = (REPOSITORY / ".env.example").read_text("utf-8")
    filled = tmp_path / "filled"
    filled.write_text(re.sub(r"(?m)=$", "=a-secret-of-the-tests", example), "utf-8")
    taken = config(filled, *options)
    assert taken.returncode == 0, taken.stderr


def test_a_secret_of_the_shell_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    example = REPOSITORY / ".env.example"
    for name in re.findall(r"(?m)^(\w+)=$", example.read_text("utf-8")):
        monkeypatch.setenv(name, "a-secret-of-the-tests")
    taken = config(example)
    assert taken.returncode == 0, taken.stderr


def test_nothing_starts_from_the_example_as_it_is() -> None:
    refused = config(REPOSITORY / ".env.example")
    assert refused.returncode != 0
    assert "see .env.example" in refused.stderr

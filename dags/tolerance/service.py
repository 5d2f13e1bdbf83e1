"""What a service needs before its first process starts: places, secrets, a login, Airflow's metadata."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tolerance.dag_ids import POOL, dag_id
from tolerance.errors import UsageError
from tolerance.file_modes import keep_private
from tolerance.places import extracts_of_service, state_of_service
from tolerance.storage import make_root

ADMIN_PASSWORD = "AIRFLOW_ADMIN_PASSWORD"  # noqa: S105  (the variable's name)
PASSWORDS_FILE = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
JWT_SECRET = "AIRFLOW__API_AUTH__JWT_SECRET"  # noqa: S105
FERNET_KEY = "AIRFLOW__CORE__FERNET_KEY"
DATABASE_PASSWORD = "PGPASSWORD"  # noqa: S105
BROKER_PASSWORD = "REDIS_PASSWORD"  # noqa: S105
_SHORTEST_SECRET = 16
_ADMIN = "admin"


def prepare(say: Callable[[str], None]) -> None:
    """Check the environment that all processes of the service share, write the login, migrate the metadata.

    Safe to run again: each start of a stack does.

    Raises:
        UsageError: when a place or a secret is missing or a secret is too weak, or the migration failed.
    """
    keep_private()
    if not extracts_of_service().is_dir():
        raise UsageError(
            f"TOLERANCE_EXTRACTS={extracts_of_service()} is not a folder", "make it or mount it."
        )
    make_root(state_of_service())
    for name in (JWT_SECRET, FERNET_KEY):
        if not os.environ.get(f"{name}_CMD") and not os.environ.get(f"{name}_SECRET"):
            _secret(name)
    if os.environ.get(DATABASE_PASSWORD):  # libpq also knows files and logins without a password
        _secret(DATABASE_PASSWORD)
    _write_login()
    if os.environ.get("AIRFLOW__CORE__EXECUTOR", "").startswith("Celery"):
        _check_celery()
        say(f"Celery: every worker must see the same {state_of_service()}, with locks and renames that hold.")
    say("Airflow: migrating its metadata database")
    _airflow("db", "migrate")
    _airflow("pools", "set", dag_id(POOL), "1", "STATE has one writer")
    say(f"Ready. Log in as {_ADMIN} with the password of {ADMIN_PASSWORD}.")


def _check_celery() -> None:
    if not find_spec("airflow.providers.celery"):
        raise UsageError(
            "CeleryExecutor is set, but its packages are not installed",
            "install celery.lock; with docker compose set TOLERANCE_IMAGE=celery.",
        )
    # docker-compose.yml always sets it, if to nothing; another broker has its own way in.
    if BROKER_PASSWORD in os.environ and not re.fullmatch(r"[\w-]+", _secret(BROKER_PASSWORD), re.ASCII):
        raise UsageError(f"{BROKER_PASSWORD} stands in an address", "use letters, digits, - and _ alone.")


def _airflow(*command: str) -> None:
    airflow = str(Path(sys.executable).with_name("airflow"))
    if subprocess.run([airflow, *command], stdout=subprocess.DEVNULL, check=False).returncode:
        raise UsageError(
            f"airflow {' '.join(command[:2])} failed",
            "see above; AIRFLOW__DATABASE__SQL_ALCHEMY_CONN and PGPASSWORD lead to the metadata.",
        )


def _secret(name: str) -> str:
    """A secret of the environment, or of the file that NAME_FILE names."""
    value = os.environ.get(name, "").strip()
    if not value and (path := os.environ.get(f"{name}_FILE")):
        try:
            value = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise UsageError(
                f"{name}_FILE={path} cannot be read", "correct it or set the variable."
            ) from None
    if len(value) < _SHORTEST_SECRET:
        what = "is shorter than" if value else "is not set; it needs"
        raise UsageError(
            f"{name} {what} {_SHORTEST_SECRET} characters",
            'make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    return value


def _write_login() -> None:
    """The password of the one login, in a file that its owner alone reads.

    Without it Airflow makes a password, prints it into the log and keeps it in a file that everybody reads.
    """
    if not os.environ.get(PASSWORDS_FILE):
        raise UsageError(f"{PASSWORDS_FILE} is not set", "name a file that only this service can read.")
    passwords = json.dumps({_ADMIN: _secret(ADMIN_PASSWORD)})
    path = Path(os.environ[PASSWORDS_FILE])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(passwords, "utf-8")

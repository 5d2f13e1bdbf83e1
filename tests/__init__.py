"""The tests: `unit/` of the library, `dags/`, `properties/` of the pipe, `e2e/` with the real command."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
"""The checkout: the library itself knows only its package."""

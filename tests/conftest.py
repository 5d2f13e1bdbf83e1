"""What all tests of one process share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tolerance.warm_dbt import warm_dbt

_LONGEST = ("test_a_run_is_a_cache.py", "test_seeded_mistakes.py")
"""The files of tests that take minutes: begun last, one worker would be at them while the others are idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, all others in their order."""
    items.sort(
        key=lambda item: _LONGEST.index(item.path.name) if item.path.name in _LONGEST else len(_LONGEST)
    )


@pytest.fixture(scope="session", autouse=True)
def _one_warm_dbt() -> Iterator[None]:
    """All days that the tests of this process run share one server; it starts with the first of them."""
    with warm_dbt():
        yield


@pytest.fixture(autouse=True)
def _umask_of_its_own() -> Iterator[None]:
    """A command called in this process keeps what it creates private, and so would the next test."""
    before = os.umask(0o022)
    yield
    os.umask(before)

"""What all tests of one process share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tolerance.warm_dbt import warm_dbt


@pytest.fixture(scope="session", autouse=True)
def _one_warm_dbt() -> Iterator[None]:
    """All days that the tests of this process run share one server; it starts with the first of them."""
    with warm_dbt():
        yield

"""Every story is told in both transports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.house import House, built_house


@pytest.fixture(params=["socket", "http"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A team of six with two admins, and the bot."""
    with built_house(tmp_path, request.param) as built:
        yield built

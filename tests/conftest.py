"""What all tests share. Being here also puts `tests/` on the path: `from fakes import MovedClock`."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from household import Household, household
from shell import Shell, settled

_asked: list[str] = []


def _listen(event: str, _: object) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _asked.append(event)


sys.addaudithook(_listen)


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the server runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_connection(request: pytest.FixtureRequest) -> Iterator[None]:
    """In the signing room nobody connects or resolves a name: certificates name addresses that must not be followed."""
    _asked.clear()
    yield
    if request.path.parent.name == "signing":
        assert _asked == []


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Household]:
    """Two cabinets with their people, in this process, under a clock that stands."""
    async with household(tmp_path) as home:
        yield home


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Commands on the data of two cabinets with their people, which nobody has open."""
    return settled(tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """Commands where there are no data at all."""
    return Shell(tmp_path / "data")

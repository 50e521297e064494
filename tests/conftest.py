"""What all tests share. Being here also puts `tests/` on the path: `from fakes import MovedClock`."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the server runs on."""
    return "asyncio"

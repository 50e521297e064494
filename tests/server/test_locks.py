"""Locks between processes, shown with a real second process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.locks import Taken, only_server

HOLD = """
import sys
from pathlib import Path
from server.locks import only_server
with only_server(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_server_is_told_who_is_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "server.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin and first.stdout
        assert first.stdout.readline() == "held\n"
        with pytest.raises(Taken) as refused, only_server(lock):
            pass
        first.kill()
    assert str(refused.value) == f"Another server (process {first.pid}) is running on {tmp_path}"
    with only_server(lock):
        assert lock.read_text() == f"{os.getpid()}\n"

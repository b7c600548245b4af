"""Places for servers of the launcher's own tests, folders that the server's user can reach, and logging put back."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dunlin_local.postgres import end_server_of
from dunlin_local.postgres_binaries import ROOTS_PLACE, can_be_reached


@pytest.fixture(scope="session")
def server_place() -> Iterator[Callable[[], Path]]:
    """Each call gives a folder that does not exist yet, in a parent of its own."""
    usual = Path(tempfile.gettempdir()).resolve()
    made: list[Path] = []

    def place() -> Path:
        parent = Path(tempfile.mkdtemp(prefix="dunlin-", dir=usual if can_be_reached(usual) else ROOTS_PLACE))
        parent.chmod(0o755)
        made.append(parent)
        return parent / "server"

    yield place
    for parent in made:
        end_server_of(parent / "server")
        shutil.rmtree(parent)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Where the process logs to and from which level on is as before, after a test that configured it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)

"""The one PostgreSQL that all tests of a run share: started when the first test asks for it, stopped at the end."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from faults_told import Timeline

from dunlin_kit import garbage
from dunlin_local.postgres import THROW_AWAY, Postgres, PostgresError, end_server_of
from dunlin_local.postgres_binaries import ROOTS_PLACE, can_be_reached

GIVEN = "DUNLIN_TEST_DATABASE_URL"
PLACE = "DUNLIN_TEST_POSTGRES_FOLDER"
NOT_REAL = "NO REAL KAFKA"
"""A warning that begins so is said again in the last line."""
PREFIX = "dunlin-test-"
SELDOM = ("chaos", "full", "long")
"""Marks that stand in each file of theirs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Of the tests marked `chaos`; declared here, because pytest reads options before it looks into folders."""
    parser.addoption("--seed", type=int, default=20260301, help="which faults, in which order (default 20260301)")
    parser.addoption("--minutes", type=float, default=0.2, help="how long each test with faults at random goes on")
    parser.addoption("--steps", type=int, default=1000, help="how many steps the ledger's model takes (default 1,000)")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[PLACE] = str(_places()[0] / f"{PREFIX}{os.getpid()}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Asked for one kind of tests that few files have (`-m full`), the others are not even loaded."""
    kind = config.option.markexpr
    few = kind in SELDOM and collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if few and f"pytest.mark.{kind}" not in collection_path.read_text(encoding="utf-8") else None


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _remove(Path(os.environ[PLACE]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was done to the system and what was counted afterwards, a line a test; last of all, what was not real."""
    if missing := {one.message.partition("UserWarning: ")[2].splitlines()[0]
                   for one in terminalreporter.stats.get("warnings", ()) if NOT_REAL in one.message}:
        config.add_cleanup(lambda: terminalreporter.write_line(*missing))
    lines = [said for report in terminalreporter.stats.get("passed", ()) for name, said in report.user_properties
             if name == "survived"]
    if lines:
        terminalreporter.section("survived")
        for said in lines:
            terminalreporter.line(str(said))


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not walk it again and again while the tests run."""
    garbage.started()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was done to the system, where it did not hold."""
    report = yield
    timeline = getattr(item, "funcargs", {}).get("timeline")
    if report.failed and timeline is not None:
        report.sections.append(("faults", timeline.told()))
    return report


@pytest.fixture
def timeline(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Timeline:
    """What is done to the system, by `--seed=N`: the same seed does the same faults in the same order."""
    return Timeline(request.config.getoption("--seed"), record_property)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL for a login that may create roles and databases; the same in all workers."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    folder = Path(os.environ[PLACE])
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    with (folder / "starting").open("a+") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        said = folder / "url"
        if not said.exists():
            _sweep()
            server = Postgres(folder / "server", options=THROW_AWAY)
            try:
                server.start()
            except PostgresError as failed:
                pytest.exit(f"No PostgreSQL for the tests: {failed}", returncode=3)
            said.write_text(server.url())
    yield said.read_text()


def _places() -> list[Path]:
    """Where test servers may lie: the folder for temporary files, or root's own place where that one is closed."""
    usual = Path(tempfile.gettempdir()).resolve()
    if can_be_reached(usual):
        return [usual, ROOTS_PLACE]
    ROOTS_PLACE.mkdir(parents=True, exist_ok=True)
    return [ROOTS_PLACE, usual]


def _sweep() -> None:
    """Remove the servers of runs that were killed before they could do it."""
    for place in _places():
        for folder in place.glob(f"{PREFIX}*"):
            pid = folder.name.removeprefix(PREFIX)
            with contextlib.suppress(FileNotFoundError):  # another run removes it just now
                if pid.isdigit() and folder.stat().st_uid == os.geteuid() and not _is_alive(int(pid)):
                    _remove(folder)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(folder: Path) -> None:
    if folder.exists():
        end_server_of(folder / "server")
        shutil.rmtree(folder, ignore_errors=True)

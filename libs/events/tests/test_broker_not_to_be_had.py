"""Where neither Docker nor Java is, the broker's suite runs on the wire protocol all the same, and says so last."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dunlin_events.broker_for_tests import MOCK_WARNING

ROOT = Path(__file__).resolve().parents[3]
GIVEN = ("KAFKA_BOOTSTRAP", "DUNLIN_REQUIRE_KAFKA", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID")


def suite(which: str, **more: str) -> list[str]:
    """What pytest says, line by line, where no command can be found at all."""
    around = {name: value for name, value in os.environ.items() if name not in GIVEN}
    command = [sys.executable, "-m", "pytest", "libs/events/tests/test_broker.py", "-k", f"kafka and {which}", "-q",
               "-p", "no:cacheprovider", "-p", "no:xdist"]
    ended = subprocess.run(
        command, cwd=ROOT, env=around | {"PATH": "/nowhere"} | more, capture_output=True, text=True, check=False)
    return ended.stdout.strip().splitlines()


@pytest.mark.parametrize(("which", "least"), [("order_holds", 1), pytest.param("test", 10, marks=pytest.mark.full)])
def test_it_runs_on_the_mock_cluster_and_its_last_line_says_so(which: str, least: int) -> None:
    *_, outcome, last = suite(which)
    passed = re.match(r"(\d+) passed", outcome)
    assert passed and int(passed[1]) >= least, outcome
    assert last == MOCK_WARNING


@pytest.mark.full
def test_where_a_real_broker_is_required_it_fails() -> None:
    said = suite("order_holds", DUNLIN_REQUIRE_KAFKA="1")
    assert "1 error" in said[-1]
    assert any("no Docker engine, no Java" in line for line in said)

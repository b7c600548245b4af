"""`./dunlin bench` runs to its end; what it measures is judged by nobody here.

`anatomy` sends what `invoice`, `batch`, `payment` and `authorize` send, to the same three servers on the same seeds.
"""

import json
import subprocess
import sys

import pytest

from dunlin_local.places import CHECKOUT

IN_CI = ("anatomy", "day_turn")
ON_DEMAND = sorted({one.stem for one in (CHECKOUT / "bench/benches").glob("*.py")} - {*IN_CI})


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [
    *(pytest.param(name, marks=pytest.mark.full) for name in IN_CI),
    *(pytest.param(name, marks=pytest.mark.long) for name in ON_DEMAND),
])
def test_a_quick_bench_runs_to_its_end_and_says_each_figure_as_json(name: str) -> None:
    ran = _bench("--quick", name)
    assert ran.returncode == 0, ran.stderr
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert [one for one in said if one["bench"].startswith(name) and one.get("runs")]
    assert said[-1]["bench"] == name and said[-1]["what"] == "ran"


@pytest.mark.full
def test_growth_is_refused_by_a_bench_that_has_none() -> None:
    ran = _bench("--growth", "10", "events", "live")
    assert ran.returncode == 2
    assert "means nothing to live" in ran.stderr


def _bench(*given: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dunlin_local", "bench", *given],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=840, check=False)

"""`./dunlin bench` runs to its end; what it measures is judged by nobody here."""

import json
import subprocess
import sys

import pytest

from dunlin_local.places import CHECKOUT


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_quick_bench_runs_to_its_end_and_says_each_figure_as_json() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dunlin_local", "bench", "--quick", "invoice"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert {"dunlin of steps", "dunlin of merged"} <= {one["what"] for one in said}

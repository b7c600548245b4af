"""`./dunlin bench` runs to its end; what it measures is judged by nobody here.

`anatomy` sends what `invoice`, `batch`, `payment` and `authorize` send, to the same three servers on the same seeds.
What waits for a relay or a worker beside its limit (`live`, `dunning`, `events`) took four of five minutes beside other
stages of CI, and is asked for apart.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dunlin_local.places import CHECKOUT

ON_DEMAND = {"invoice", "batch", "payment", "authorize", "live", "dunning", "events", "up"}
IN_CI = sorted({one.stem for one in (CHECKOUT / "bench/benches").glob("*.py")} - ON_DEMAND)
LIMITED = {"ageing", "day_turn", "ledger", "pages"}


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_quick_benches_run_to_their_end_on_one_stage_and_say_each_figure(tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    figures = _figures(IN_CI, "--table", str(table))
    assert {one["bench"] for one in figures if "of_limit" in one} == LIMITED
    rows = table.read_text().splitlines()
    assert len(rows) == 2 + sum("aim" in one or "limit" in one for one in figures)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(ON_DEMAND))
def test_a_quick_bench_runs_to_its_end(name: str) -> None:
    assert _figures([name])


@pytest.mark.full
def test_growth_is_refused_by_a_bench_that_has_none() -> None:
    ran = _bench("--growth", "10", "events", "held")
    assert ran.returncode == 2
    assert "means nothing to held" in ran.stderr


def _figures(names: Sequence[str], *more: str) -> list[dict[str, Any]]:
    """What was measured; every bench had something to say, and ended."""
    ran = _bench("--quick", *more, *names)
    assert ran.returncode == 0, ran.stderr
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert sorted(one["bench"] for one in said if one["what"] == "ran") == sorted(names)
    figures = [one for one in said if one.get("runs")]
    assert all(any(one["bench"].startswith(name) for one in figures) for name in names)
    return figures


def _bench(*given: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dunlin_local", "bench", *given],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=1780, check=False)

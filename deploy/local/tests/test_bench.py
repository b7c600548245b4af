"""`./dunlin bench` runs to its end; what it measures is judged by nobody here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dunlin_local.places import CHECKOUT

BENCHES = sorted(one.stem for one in (CHECKOUT / "bench/benches").glob("*.py"))


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_all_benches_run_to_their_end_and_say_each_figure_as_json_and_in_a_table(tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    ran = _bench("--quick", "--table", str(table))
    assert ran.returncode == 0, ran.stderr
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert sorted(one["bench"] for one in said if one["what"] == "ran") == BENCHES
    figures = [one for one in said if one.get("runs")]
    assert {name for name in BENCHES if any(one["bench"].startswith(name) for one in figures)} == set(BENCHES)
    with_limit = {one["bench"] for one in figures if "of_limit" in one}
    assert with_limit == {"ageing", "day_turn", "dunning", "events", "ledger", "live", "pages", "up"}
    rows = table.read_text().splitlines()
    assert len(rows) == 2 + sum("aim" in one or "limit" in one for one in figures)


@pytest.mark.full
def test_growth_is_refused_by_a_bench_that_has_none() -> None:
    ran = _bench("--growth", "10", "events", "held")
    assert ran.returncode == 2
    assert "means nothing to held" in ran.stderr


def _bench(*given: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dunlin_local", "bench", *given],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=1780, check=False)

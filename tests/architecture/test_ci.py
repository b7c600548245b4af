"""`.ci/run` on made-up parts: what its end says, and when it fails."""

import os
import subprocess
from pathlib import Path

import pytest

PARTS = ("dunlin", ".ci/branches", ".ci/compose", ".ci/alerts", ".ci/asyncapi/run", "bin/javac", "bin/mvn", "bin/curl")
STAGES = 8


def ran(root: Path, folder: Path, *, without: str = "", **parts: str) -> subprocess.CompletedProcess[str]:
    """CI with every part replaced by a line of shell; those that are not named pass."""
    place, data = folder / "checkout", folder / "shared/data/ar"
    if without != "ledger":
        data.mkdir(parents=True)
        (data / "highradius_ledger_asof_2019-12-31.csv.gz").touch()
    for part in PARTS:
        script = place / part
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f"#!/bin/sh\n{parts.get(script.name, 'exit 0')}\n")
        script.chmod(0o755)
    (place / ".ci/run").write_text((root / ".ci/run").read_text(encoding="utf-8"))
    return subprocess.run(
        ["bash", ".ci/run"], cwd=place, env=os.environ | {"PATH": f"{place / 'bin'}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False, timeout=60)


def test_it_passes_where_all_passed(root: Path, tmp_path: Path) -> None:
    done = ran(root, tmp_path, dunlin="echo '== 5 passed in 3 s =='")
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.rpartition("== the stages")[2]
    assert table.count("  passed   ") == STAGES
    assert "== 5 passed in 3 s ==" in done.stdout
    assert "COULD NOT RUN" not in done.stdout


@pytest.mark.parametrize(("part", "script", "stage"), [
    ("dunlin", '[ "$1 $3" != "test chaos" ]', "faults under load"),
    ("dunlin", '[ "$*" != test ]', "the test-suite"),
    ("compose", "exit 1", "the production shape in containers"),
    ("alerts", "exit 1", "alerts before promtool"),
])
def test_a_stage_that_failed_makes_it_fail_and_the_others_run(
    root: Path, tmp_path: Path, part: str, script: str, stage: str,
) -> None:
    done = ran(root, tmp_path, **{part: script})
    assert done.returncode == 1
    table = done.stdout.rpartition("== the stages")[2]
    assert f"FAILED   {stage}" in table
    assert table.count("  passed   ") == STAGES - 1


def test_what_this_machine_cannot_run_is_said_at_the_end(root: Path, tmp_path: Path) -> None:
    done = ran(root, tmp_path, compose="echo '-- compose: NOT RUN: there is no engine'; exit 77")
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.rpartition("== the stages")[2]
    assert "NOT RUN  the production shape in containers: there is no engine" in table
    assert "THIS MACHINE COULD NOT RUN all of it" in done.stdout


def test_without_an_engine_it_says_what_was_not_run_and_how_to_run_it(root: Path, tmp_path: Path) -> None:
    """As root and as another user: beside this checkout is nothing that would bring one up."""
    for name, said in ((".ci/compose", (root / ".ci/compose").read_text(encoding="utf-8")),
                       ("bin/docker", "#!/bin/sh\nexit 1\n")):
        script = tmp_path / "checkout" / name
        script.parent.mkdir(parents=True)
        script.write_text(said)
        script.chmod(0o755)
    done = subprocess.run(
        ["bash", ".ci/compose"], cwd=tmp_path / "checkout", capture_output=True, text=True, check=False, timeout=60,
        env=os.environ | {"PATH": f"{tmp_path / 'checkout/bin'}:{os.environ['PATH']}"})
    assert done.returncode == 77, done.stdout + done.stderr
    assert "-- compose: NOT RUN: no container engine answers, and " in done.stdout
    assert "-- compose: to run it: install Docker with Compose 2.20 or later" in done.stdout


def test_a_ledger_that_is_not_there_is_no_ledger_that_passed(root: Path, tmp_path: Path) -> None:
    done = ran(root, tmp_path, without="ledger")
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.rpartition("== the stages")[2]
    assert "NOT RUN  the whole of the large data sets: the whole ledger, which is not here: ../shared/data" in table
    assert table.count("  passed   ") == STAGES - 1
    failed = ran(root, tmp_path, without="ledger", dunlin='[ "$*" != "test -m full" ]')
    assert failed.returncode == 1
    assert "FAILED   the whole of the large data sets" in failed.stdout

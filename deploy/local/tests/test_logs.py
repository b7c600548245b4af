"""Logs are turned over before they fill the disk."""

import json
from pathlib import Path

import pytest

from dunlin_kit.telemetry import configure_logging, log
from dunlin_local import logs


@pytest.mark.usefixtures("handlers")
def test_the_log_of_the_services_is_turned_over_and_the_last_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST_BYTES", 2_000)
    configure_logging("info")
    logs.log_to(tmp_path / "dunlin.log")
    for number in range(100):
        log.warning("said", number=number)
    kept = sorted(tmp_path.iterdir())
    assert [path.name for path in kept] == ["dunlin.log", *(f"dunlin.log.{n}" for n in range(1, logs.KEPT + 1))]
    assert all(path.stat().st_size <= 2_000 for path in kept)
    last = (tmp_path / "dunlin.log").read_text().splitlines()[-1]
    assert json.loads(last)["number"] == 99


def test_a_log_that_another_program_writes_is_put_aside_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST_BYTES", 10)
    log_file = tmp_path / "postgres.log"
    logs.turn_over(log_file)
    for said in ("short", "this is long enough"):
        log_file.write_text(said)
        logs.turn_over(log_file)
    assert not log_file.exists()
    assert (tmp_path / "postgres.log.1").read_text() == "this is long enough"

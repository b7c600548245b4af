"""The tour of the README and the month behind it, run as they are written: each command against a running system, each
answer as it is shown."""

import email
import email.policy
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
README, MONTH, OPERATIONS = ROOT / "README.md", ROOT / "docs/month.md", ROOT / "docs/operations.md"
START_SECONDS, STEP_SECONDS = 90, 60
MARK = "-- that was it --"
PYTHON = [sys.executable, "-m", "dunlin_local"]


def tour() -> str:
    return README.read_text(encoding="utf-8").split("## A tour in five minutes", 1)[1].split("\n## ", 1)[0]


def company_of_your_own() -> str:
    section = OPERATIONS.read_text(encoding="utf-8").split("## Taking an older ledger over", 1)[1]
    return section.split("FILE is CSV", 1)[0]


def steps_of(text: str) -> list[tuple[str, Any]]:
    """The commands of a text, each with the answer that is shown after it; None where none is."""
    blocks = re.findall(r"```(sh|json)\n(.*?)```", text, re.S)
    steps: list[tuple[str, Any]] = []
    for kind, block in blocks:
        if kind == "sh":
            steps.append((block, None))
        else:
            steps[-1] = (steps[-1][0], json.loads(block))
    return steps


def holds(shown: Any, answered: Any) -> bool:
    """Whether an answer has all that is shown: more fields are fine, more rows are not."""
    if isinstance(shown, dict):
        return isinstance(answered, dict) and all(
            name in answered and holds(value, answered[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return isinstance(answered, list) and len(shown) == len(answered) and all(map(holds, shown, answered))
    return bool(shown == answered)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables that `./dunlin up` says, of a system on data of its own."""
    home = tmp_path / "home"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN")}
    clean |= {"DUNLIN_HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    said = tmp_path / "said.txt"
    with said.open("w") as output:
        running = subprocess.Popen(
            [*PYTHON, "up", "--port", "0", "--empty"], env=clean, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT)
        try:
            ends = time.monotonic() + START_SECONDS
            while not (found := re.search(r"export DUNLIN=(\S+) TOKEN=(\S+)", said.read_text())):
                assert running.poll() is None, said.read_text()
                assert time.monotonic() < ends, said.read_text()
                time.sleep(0.1)
            yield clean | {"DUNLIN": found[1], "TOKEN": found[2]}
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)
            subprocess.run([*PYTHON, "reset", "--yes"], env=clean, check=True, capture_output=True)


class Shell:
    """A terminal in which one command follows the other."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["sh"], env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def run(self, command: str) -> str:
        """What the command printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command.replace('./dunlin', ' '.join(PYTHON))}\necho; echo {MARK}\n")
        self._process.stdin.flush()
        said = ""
        while not said.endswith(f"\n{MARK}\n"):
            line = self._process.stdout.readline()
            assert line, f"the shell ended: {said}"
            said += line
        return said.removesuffix(f"{MARK}\n").strip()

    def close(self) -> None:
        self._process.communicate("exit\n", timeout=10)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands of the pages need curl, and there is none")
def test_the_tour_and_the_month_behind_it_go_as_they_are_written(environment: dict[str, str]) -> None:
    told = [steps_of(tour()), steps_of(MONTH.read_text(encoding="utf-8"))]
    assert all(sum(shown is not None for _, shown in steps) >= 15 for steps in told)
    assert "as mail in `.dunlin/mail`" in tour()
    shell = Shell(environment)
    try:
        for command, shown in told[0]:
            follow(shell, command, shown)
        (letter,) = letters(Path(environment["DUNLIN_HOME"]) / "mail")
        assert letter["To"] == "li.lei@example.com"
        text = letter.get_body(("plain",))
        assert text is not None
        assert "INV-000001" in text.get_content()
        for command, shown in chain(told[1], steps_of(company_of_your_own())):
            follow(shell, command, shown)
    finally:
        shell.close()


def letters(box: Path) -> list[EmailMessage]:
    """What was sent, out of the folder that keeps it."""
    return [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in box.glob("*.eml")]


def follow(shell: Shell, command: str, shown: Any) -> None:
    """Take a step as often as a person would: what one service has done, another hears of in a moment.

    Where no answer is shown, any will do but a refusal.
    """
    ends = time.monotonic() + STEP_SECONDS
    while True:
        said = shell.run(command)
        assert shown is not None or "urn:dunlin:problem" not in said, f"{command}\nanswered: {said}"
        if shown is None or (said.startswith("{") and holds(shown, json.loads(said))):
            return
        assert time.monotonic() < ends, f"{command}\nshown: {shown}\nanswered: {said}"
        time.sleep(0.2)


def test_an_answer_that_differs_is_seen() -> None:
    shown = {"a": "1", "rows": [{"b": 1}]}
    assert holds(shown, {"a": "1", "rows": [{"b": 1, "c": 2}], "more": True})
    others: list[Any] = [
        {"a": "1"}, {"a": 1, "rows": [{"b": 1}]}, {"a": "1", "rows": []}, {"a": "1", "rows": [{"b": 2}]},
        {"a": "1", "rows": [{"b": 1}, {"b": 1}]}, {"a": "1", "rows": {"b": 1}}, [],
    ]
    assert not [other for other in others if holds(shown, other)]

"""The script `./dunlin` with a made-up Python: what it installs, when again, and what it says where it cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dunlin_local.places import CHECKOUT

PYTHON = """#!/bin/sh
# notes what it is asked for; each refusal is a file beside the notes
echo "$*" >>"$NOTES/asked"
case "$*" in
-c*) [ ! -f "$NOTES/old" ] ;;
"-m venv "*) [ ! -f "$NOTES/no-venv" ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip "*" install "*) [ ! -f "$NOTES/no-network" ] ;;
"-m dunlin_local "*) echo "launched: $*"; echo "$DUNLIN_CALLED_FROM" >"$NOTES/called-from" ;;
esac
"""
INSTALLS = "install --require-hashes -r requirements/dev.txt"


class Machine:
    """A checkout, and a PATH on which there is one Python and nothing else but what every system has."""

    def __init__(self, place: Path) -> None:
        self.checkout, self.notes, self._bin = place / "checkout", place / "notes", place / "bin"
        for folder in (self.checkout / "requirements", self.checkout / "libs/kernel", self.notes, self._bin):
            folder.mkdir(parents=True)
        for tool in ("sh", "cat", "cksum", "cp", "dirname", "mkdir", "rm", "sed"):
            (self._bin / tool).symlink_to(shutil.which(tool) or tool)
        (self._bin / "python3").write_text(PYTHON)
        (self._bin / "python3").chmod(0o755)
        (self.checkout / "requirements/dev.txt").write_text("one==1\n")
        (self.checkout / "libs/kernel/pyproject.toml").write_text("[project]\n")
        shutil.copy(CHECKOUT / "dunlin", self.checkout)

    def refuse(self, what: str) -> None:
        (self.notes / what).touch()

    def run(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self._bin), "NOTES": str(self.notes)}
        return subprocess.run(
            [str(self.checkout / "dunlin"), "up"], env=environment, cwd=self.notes, capture_output=True, text=True)

    def installed(self) -> int:
        return (self.notes / "asked").read_text().count(INSTALLS)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_installs_once_and_again_when_the_packages_changed(machine: Machine) -> None:
    assert [machine.run().stdout for _ in range(2)] == ["launched: -m dunlin_local up\n"] * 2
    assert machine.installed() == 1
    (machine.checkout / "requirements/dev.txt").write_text("one==2\n")
    assert machine.run().returncode == 0
    assert machine.installed() == 2


def test_it_tells_the_command_where_it_was_called(machine: Machine) -> None:
    assert machine.run().returncode == 0
    assert (machine.notes / "called-from").read_text() == f"{machine.notes}\n"


def test_without_a_network_it_says_so_and_the_next_run_tries_again(machine: Machine) -> None:
    machine.refuse("no-network")
    done = machine.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert "the packages could not be installed; the lines above say why" in done.stderr
    os.unlink(machine.notes / "no-network")
    assert machine.run().stdout == "launched: -m dunlin_local up\n"


def test_once_installed_it_needs_no_network(machine: Machine) -> None:
    assert machine.run().returncode == 0
    machine.refuse("no-network")
    assert machine.run().stdout == "launched: -m dunlin_local up\n"


@pytest.mark.parametrize(("what", "sentence"), [
    ("old", "Python 3.11 or later is needed and none was found"),
    ("no-venv", "cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"),
])
def test_a_python_that_will_not_do_is_named(machine: Machine, what: str, sentence: str) -> None:
    machine.refuse(what)
    done = machine.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr

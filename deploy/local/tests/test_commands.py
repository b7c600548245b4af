"""The commands as a person meets them: help for each, and a sentence where something is missing."""

import base64
import contextlib
import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from dunlin_events import free_ports
from dunlin_local import asking, demonstration, importing, running
from dunlin_local.__main__ import TOPICS, parser
from dunlin_local.places import CHECKOUT, data_folder, remember, remembered
from dunlin_local.ports import free_port
from dunlin_local.scopes import OPERATOR_SCOPES


def dunlin(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
    return subprocess.run(
        [sys.executable, "-m", "dunlin_local", *words],
        env=environment | {"DUNLIN_HOME": str(home), "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", TOPICS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: ./dunlin {command}" in capsys.readouterr().out


def test_a_folder_is_meant_from_where_the_command_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUNLIN_CALLED_FROM", str(tmp_path))
    monkeypatch.setenv("DUNLIN_HOME", "kept/here")
    assert data_folder() == tmp_path / "kept/here"
    monkeypatch.delenv("DUNLIN_HOME")
    assert data_folder() == CHECKOUT / ".dunlin"


def test_the_script_is_there_and_can_be_run() -> None:
    script = CHECKOUT / "dunlin"
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/bin/sh\n")


def test_a_token_needs_a_running_system(tmp_path: Path) -> None:
    done = dunlin(tmp_path, "token")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Start it with ./dunlin up" in done.stderr


def test_a_token_needs_an_issuer_that_answers(tmp_path: Path) -> None:
    done = dunlin(tmp_path, "token", "--operator", "--issuer", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "No issuer answers at http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(("hours", "sentence"), [
    ("0", "A token is valid for 1 to 720 hours, not for 0."),
    ("-1", "A token is valid for 1 to 720 hours, not for -1."),
    ("721", "A token is valid for 1 to 720 hours, not for 721."),
    ("720", "No issuer answers"),
    ("2 --operator", "An operator's token is valid for 1 hour, not for 2."),
    ("0 --operator", "An operator's token is valid for 1 hour, not for 0."),
    ("1 --operator", "No issuer answers"),
])
def test_hours_out_of_bounds_are_said_in_hours(
    hours: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DUNLIN_CLIENT_SECRET", "secret")
    with pytest.raises(SystemExit):
        asking.run(parser().parse_args(
            ["token", "--issuer", "http://127.0.0.1:9", "--tenant", "x", "--hours", *hours.split()]))
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("client", ["operator", "demonstration"])
def test_all_that_is_said_of_a_token_is_asked_of_the_issuer(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what it refuses: an operator's tenant and subject."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(asking, "ask", lambda *given: asked.append(given))
    words = ["--tenant", "t", "--scope", "a b", "--subject", "s", "--hours", "1"]
    asking.run(parser().parse_args(
        ["token", "--issuer", "http://issuer", *words, *(["--operator"] if client == "operator" else [])]))
    form = {"tenant": "t", "scope": "a b", "subject": "s", "expires_in": "3600"}
    assert asked == [("http://issuer", client, form)]


def test_a_company_asked_for_without_books_keeps_those_it_has_and_gets_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DUNLIN_HOME", str(tmp_path))
    first = demonstration._kept(empty=False)
    for days, said in ((0, ""), (30, "keeps the 30 days of books it has, and gets no more")):
        remember("demonstration", {"tenant": str(first), "days": days})
        assert demonstration._kept(empty=False) == first
        assert remembered("demonstration")["days"] == days
        assert not capsys.readouterr().err
        assert demonstration._kept(empty=True) == first
        assert remembered("demonstration")["days"] is None
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(("claims", "said"), [
    ({"tenant": "11"}, None), ({"tenant": "22"}, "The token is for 22, and --tenant says 11: leave one out."),
    ({"sub": "operator"}, "The token is for no company"), (None, "The token is for no company"),
])
def test_a_token_and_a_tenant_that_do_not_agree_take_nothing_over(
    claims: dict[str, str] | None, said: str | None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    token = "t" if claims is None else f"e30.{body}.sign"
    for words, of_environment in ((["--token", token], ""), ([], token)):
        monkeypatch.setenv("DUNLIN_TOKEN", of_environment)
        given = parser().parse_args(["import", "ledger", "f", "--mapping", "m", "--tenant", "11", *words])
        if said is None:
            assert importing._token(given, "http://nowhere") == token
            continue
        with pytest.raises(SystemExit):
            importing._token(given, "http://nowhere")
        assert said in capsys.readouterr().err


def test_only_its_owner_gets_into_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In it lie mail and logs, which tell of people; also where it was made open before."""
    opened, made = tmp_path / "opened", tmp_path / "made"
    opened.mkdir(mode=0o755)
    monkeypatch.setenv("DUNLIN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    for home in (opened, made):
        monkeypatch.setenv("DUNLIN_HOME", str(home))
        with running._server():
            assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = dunlin(tmp_path, "up", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be had" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_up_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "roles.json")

    quiet = SimpleNamespace(signal=lambda number, handler: None, default_int_handler=None, SIGTERM=0)
    for name, stand_in in (("_server", full), ("load", len), ("signal", quiet)):
        monkeypatch.setattr(running, name, stand_in)
    with pytest.raises(SystemExit) as ended:
        running.run(parser().parse_args(["up", "--port", "0"]))
    assert ended.value.code == 1
    assert "The disk is full (roles.json). Free some space and start again." in capsys.readouterr().err


@pytest.mark.parametrize("words", [("up", "--port"), ("up", "--metrics-port"), ("issuer", "--port")])
@pytest.mark.parametrize("number", ["99999", "65536", "-1", "eighty", "8080.0", "²"])
def test_a_number_that_is_no_port_is_refused(
    words: tuple[str, str], number: str, capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*words, number])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "is no port: it is a number from 0 to 65535" in said or "expected one argument" in said


def test_the_highest_and_any_free_port_are_ports() -> None:
    assert [parser().parse_args(["up", "--port", number]).port for number in ("0", "1", "65535")] == [0, 1, 65535]


def test_no_port_is_given_twice_though_nobody_listens_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_ports, "is_taken", {2}.__contains__)
    monkeypatch.setattr(free_ports, "LASTING", range(1, 5))
    assert sorted(free_ports.free_port() for _ in range(3)) == [1, 3, 4]


def test_reset_asks_and_then_removes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "There is no data here" in dunlin(home, "reset").stderr
    home.mkdir()
    (home / "demonstration.json").write_text(json.dumps({"tenant": "x"}))
    refused = dunlin(home, "reset")
    assert refused.returncode == 1
    assert "Nothing was removed" in refused.stderr
    assert home.exists()
    assert dunlin(home, "reset", "--yes").returncode == 0
    assert not home.exists()


def test_the_issuer_runs_alone(tmp_path: Path) -> None:
    """Its folder is looked for where the command is called."""
    port, folder = free_port(), tmp_path / "issuer"
    words = ["issuer", "--host", "127.0.0.1", "--port", str(port), "--name", "http://issuer:9000", "--folder"]
    issuer = subprocess.Popen(
        [sys.executable, "-m", "dunlin_local", *words, folder.name],
        env=os.environ | {"DUNLIN_CALLED_FROM": str(tmp_path)})
    url = f"http://127.0.0.1:{port}"
    try:
        until_answered(f"{url}/livez")
        done = subprocess.run(
            [sys.executable, "-m", "dunlin_local", "token", "--operator", "--hours", "1", "--issuer", url],
            env=os.environ | {"DUNLIN_CLIENT_SECRET": (folder / "clients" / "operator").read_text()},
            capture_output=True,
            text=True,
            check=True,
        )
        keys = KeySet.import_key_set(httpx.get(f"{url}/.well-known/jwks.json", timeout=60).json())
        claims = jwt.decode(done.stdout.strip(), keys, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("http://issuer:9000", "operator", 3600)
        assert set(claims["scope"].split()) == set(OPERATOR_SCOPES)
    finally:
        issuer.terminate()
        assert issuer.wait(20) == -signal.SIGTERM, "it ends by the signal, after what was under way"


def until_answered(url: str) -> None:
    for _ in range(400):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, timeout=60).raise_for_status()
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")

"""The supervisor: data outlive a stop and a kill -9, and each thing in its way is said in words."""

import asyncio
import multiprocessing
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from dunlin_local import postgres as supervisor
from dunlin_local import postgres_binaries
from dunlin_local.postgres import THROW_AWAY, Postgres, PostgresError
from dunlin_local.postgres_binaries import runner
from dunlin_local.postgres_words import words_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def folder(server_place: Callable[[], Path]) -> Path:
    return server_place()


def run(server: Postgres, statement: str, *, password: str = "") -> object:
    async def asked() -> object:
        url = server.url() if not password else server.url().replace("dunlin:", f"dunlin:{password}")
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(asked())


def test_data_outlive_a_stop(folder: Path) -> None:
    with Postgres(folder) as server:
        run(server, "CREATE TABLE kept AS SELECT 7 AS n")
        password = server.url()
    with Postgres(folder, port=server.port) as server:
        assert run(server, "SELECT n FROM kept") == 7
        assert server.url() == password
    server.stop()
    assert not (folder / "data" / "postmaster.pid").exists()


def test_the_server_runs_as_an_own_user_with_a_password(folder: Path) -> None:
    with Postgres(folder, options=THROW_AWAY) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == runner().uid != 0
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / "password").stat().st_mode & 0o077 == 0
        assert run(server, "SHOW fsync") == "off"
        with pytest.raises(asyncpg.InvalidPasswordError):
            run(server, "SELECT 1", password="x")


def test_data_outlive_a_killed_server(folder: Path) -> None:
    with Postgres(folder) as server:
        run(server, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
    with Postgres(folder) as server:
        assert run(server, "SELECT n FROM kept") == 7


def test_a_server_left_behind_by_a_killed_launcher_is_taken_down_first(folder: Path) -> None:
    script = (
        "import pathlib, sys, time; from dunlin_local.postgres import Postgres\n"
        "server = Postgres(pathlib.Path(sys.argv[1])); server.start(); print(server.pid, flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    left_behind = int(launcher.stdout.readline())
    with pytest.raises(PostgresError, match="running already"):
        Postgres(folder).start()
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    assert not is_over(left_behind)
    with Postgres(folder) as server:
        assert run(server, "SELECT 1") == 1
        assert server.pid != left_behind
    until = time.monotonic() + 60
    while not is_over(left_behind) and time.monotonic() < until:
        time.sleep(0.05)
    assert is_over(left_behind)


def is_over(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except OSError:
        return True


def test_a_stale_pid_that_another_process_has_now_is_no_obstacle(folder: Path) -> None:
    with Postgres(folder, options=THROW_AWAY) as server:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        assert int(lines[0]) == server.pid
    (folder / "data" / "postmaster.pid").write_text("\n".join([str(os.getppid()), *lines[1:]]))
    with Postgres(folder, options=THROW_AWAY) as server:
        assert run(server, "SELECT 1") == 1


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PostgresError, match=rf"Port {port} of 127\.0\.0\.1 is taken"):
            Postgres(folder, port=port, options=THROW_AWAY).start()


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    with Postgres(folder, options=THROW_AWAY):
        pass
    (folder / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgresError, match="belongs to PostgreSQL 12, and this is"):
        Postgres(folder).start()
    assert (folder / "data" / "base").is_dir()


@as_root
def test_data_of_another_user_are_left_alone(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(PostgresError, match="belongs to user 12345, and this is user 0"):
        Postgres(folder).start()


def test_a_full_disk_is_said_before_anything_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SMALLEST_FREE_BYTES", 1 << 62)
    with pytest.raises(PostgresError, match=f"The disk under {folder} is full"):
        Postgres(folder).start()
    assert not (folder / "data").exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("initdb: error: could not write: No space left on device", "disk under /d is full"),
        ("FATAL:  could not extend file: wrote only 1 of 2\nHINT:  Check free disk space.", "disk under /d is full"),
        ("FATAL:  could not create any TCP/IP sockets", "Port 5 of 127.0.0.1 is taken"),
        ("FATAL: data directory has wrong permissions", "last words: FATAL: data directory has wrong permissions"),
        ("initdb: error: could not access: Permission denied", "may not read or write /d"),
        ("initdb: error: could not look up effective user ID 7: user does not exist", "no entry in /etc/passwd"),
        ("", "last words: none"),
    ],
)
def test_the_servers_last_words_become_a_sentence(said: str, told: str) -> None:
    assert told in words_for(said, Path("/d"), port=5)


def test_a_half_made_data_folder_is_made_anew(folder: Path) -> None:
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "half").touch()
    with Postgres(folder, options=THROW_AWAY):
        assert not (folder / "data.new").exists()


@as_root
def test_it_runs_for_another_user_than_root_too(folder: Path) -> None:
    folder.parent.chmod(0o777)
    uid = pwd.getpwnam("daemon").pw_uid
    child = multiprocessing.get_context("fork").Process(target=_start_as, args=(uid, folder))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert (folder / "data").stat().st_uid == uid


def _start_as(uid: int, folder: Path) -> None:
    os.umask(0o022)
    copied = postgres_binaries.programs()
    vars(supervisor)["programs"] = lambda: copied
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    try:
        with Postgres(folder, options=THROW_AWAY) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == uid
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)
    os._exit(0)

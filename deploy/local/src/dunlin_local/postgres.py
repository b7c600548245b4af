"""Supervisor of an embedded PostgreSQL: makes its data folder once, starts it, waits for it, stops it.

A server left behind by a killed launcher is stopped and started anew; what it had committed is kept.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from dunlin_local.logs import turn_over
from dunlin_local.ports import HOST, free_port, is_taken
from dunlin_local.postgres_binaries import Runner, major_version, programs, runner
from dunlin_local.postgres_words import port_taken, words_for

SUPERUSER = "dunlin"
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
SMALLEST_FREE_BYTES = 64 * 1024 * 1024
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "1000"}


class PostgresError(Exception):
    """The server cannot be had; the message is a sentence for the person at the terminal."""


class Postgres:
    """One embedded server with its folder: `data/`, `password`, `postgres.log`.

    `port` 0 means a free one. Refuses with PostgresError: a port taken, no space left on the disk, a data folder of
    another version or another user, a folder in use by another launcher.
    """

    def __init__(self, folder: Path, *, port: int = 0, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.port = port
        self._wanted_port = port
        self._options = dict(options or {})
        self._data = self.folder / "data"
        self._log = self.folder / "postgres.log"
        self._password_file = self.folder / "password"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the server's first process lives."""
        return self._process is not None and self._process.poll() is None

    def revive(self) -> None:
        """Start a killed server again on the same port, so that its clients find it."""
        if not self.is_running:
            end_server_of(self.folder)
            self._wanted_port = self.port
            self._run()

    def url(self, database: str = "postgres") -> str:
        """The superuser's URL of a database of the running server."""
        return f"postgresql://{SUPERUSER}:{self._password_file.read_text().strip()}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Make the data folder where there is none, then run the server and return when it takes connections."""
        user = runner()
        try:
            self._prepare(user)
            self._lock = _locked(self.folder)
            self._make_data(user)
            end_server_of(self.folder)
            self._run()
        except OSError as error:
            self._release()
            raise PostgresError(words_for(str(error), self.folder)) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, committed ones are on disk. Does nothing twice."""
        if self._process is not None:
            _end(self._process.pid, lambda: self._process is None or self._process.poll() is not None)
            self._process.wait()
            self._process = None
        self._release()

    def _prepare(self, user: Runner) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        owner = self.folder.stat().st_uid
        if owner not in (os.geteuid(), user.uid):
            raise PostgresError(
                f"The data folder {self.folder} belongs to user {owner}, and this is user {os.geteuid()}. "
                "Start Dunlin as that user, or remove the folder."
            )
        user.owns(self.folder)
        self.folder.chmod(0o700)
        if shutil.disk_usage(self.folder).free < SMALLEST_FREE_BYTES:
            raise PostgresError(words_for("No space left on device", self.folder))

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make_data(self, user: Runner) -> None:
        if self._data.exists():
            self._check_data(user)
            return
        if not self._password_file.exists():
            with open(os.open(self._password_file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
        user.owns(self._password_file)
        making = self.folder / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        command = [str(programs() / "initdb"), "-D", str(making), "-U", SUPERUSER, "-A", "scram-sha-256"]
        command += [f"--pwfile={self._password_file}", "-E", "UTF8", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
        if self._options.get("fsync") == "off":
            command.append("--no-sync")
        with tempfile.TemporaryFile() as said:
            if self._spawn(command, said).wait() != 0:
                shutil.rmtree(making, ignore_errors=True)
                said.seek(0)
                raise PostgresError(words_for(said.read().decode(errors="replace"), self.folder))
        making.rename(self._data)

    def _check_data(self, user: Runner) -> None:
        owner = self._data.stat().st_uid
        if owner != user.uid:
            raise PostgresError(f"The data in {self._data} belongs to user {owner}; the server runs as {user.uid}.")
        version_file = self._data / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.exists() else "unknown"
        if version != major_version():
            raise PostgresError(
                f"The data in {self._data} belongs to PostgreSQL {version}, and this is {major_version()}. "
                "Use the Dunlin that made it, or remove the data with ./dunlin reset."
            )

    def _run(self) -> None:
        self.port = self._wanted_port or free_port()
        if is_taken(self.port):
            raise PostgresError(port_taken(self.port))
        command = [str(programs() / "postgres"), "-D", str(self._data), "-h", HOST, "-p", str(self.port), "-k", ""]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        turn_over(self._log)
        with self._log.open("ab") as log:
            since = log.tell()
            self._process = self._spawn(command, log)
        until = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                said = self._log.read_bytes()[since:].decode(errors="replace")
                self.stop()
                raise PostgresError(words_for(said, self.folder, port=self.port))
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def _spawn(self, command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        user = runner()
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)},
            user=user.uid if user.is_other else None,
            group=user.gid if user.is_other else None,
            extra_groups=[] if user.is_other else None,
            # a session of its own: Ctrl-C at the terminal reaches the launcher only, which stops the server last
            start_new_session=True,
        )


@contextlib.contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Hold `folder` while nothing runs on it; a server left behind there is stopped. Refuses: a launcher runs on it."""
    if not folder.exists():
        yield
        return
    with _locked(folder):
        end_server_of(folder)
        yield


def _locked(folder: Path) -> IO[str]:
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise PostgresError(f"Dunlin is running already on {folder}. Stop that one first.") from None
    return lock


def end_server_of(folder: Path) -> None:
    """Stop the server that a killed launcher left behind on `folder`, where there is one, and clear its traces."""
    data = folder.resolve() / "data"
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if _is_server_of(pid, data):
        _end(pid, lambda: not _is_server_of(pid, data))
    pid_file.unlink(missing_ok=True)


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self").exists():
            return False
        shown = subprocess.run(  # noqa: S603
            ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, check=False
        )
        words = shown.stdout.split()
    return len(words) > 2 and Path(os.fsdecode(words[0])).name == "postgres" and os.fsencode(data) in words


def _end(pid: int, is_over: Callable[[], bool]) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            if is_over():
                return
            time.sleep(0.02)

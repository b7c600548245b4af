"""Backups of the embedded PostgreSQL and their restoration into another cluster: from a dump, and to a moment."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import asyncpg

from dunlin_local.postgres import SUPERUSER, Postgres, PostgresError
from dunlin_local.postgres_binaries import programs, runner

ARCHIVE_SECONDS = 30.0
RECOVERY_SECONDS = 60.0


def archiving(archive: Path) -> dict[str, str]:
    """The options of a server that keeps all its WAL in `archive`, a folder it may write to."""
    archive.mkdir(parents=True)
    runner().owns(archive)
    return {"archive_mode": "on", "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f"}


def dump(url: str) -> bytes:
    """A database as statements, with owners, rights and policies; `url` is that of a superuser."""
    done = _run([str(programs() / "pg_dump"), url], as_server=False)
    return done.stdout


def load(dumped: bytes, url: str) -> None:
    """Into an empty database of a server that has the roles."""
    _run([str(programs() / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url], as_server=False, given=dumped)


def base_backup(server: Postgres, target: Path) -> None:
    """The whole cluster, as files in `target`; with the archive it can be brought to any later moment."""
    target.mkdir(parents=True)
    target.chmod(0o700)
    runner().owns(target)
    words = ["-D", str(target), "-h", "127.0.0.1", "-p", str(server.port), "-U", SUPERUSER, "-c", "fast", "--no-sync"]
    password = (server.folder / "password").read_text().strip()
    _run([str(programs() / "pg_basebackup"), *words], environment={"PGPASSWORD": password})


async def archive_all(server: Postgres) -> None:
    """Return when all WAL written so far lies in the archive. Raises PostgresError when that does not come about."""
    connection = await asyncpg.connect(server.url())
    try:
        last = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
        until = time.monotonic() + ARCHIVE_SECONDS
        while (await connection.fetchval("SELECT last_archived_wal FROM pg_stat_archiver") or "") < last:
            if time.monotonic() > until:
                raise PostgresError(f"{last} is not archived.")
            await connection.execute("SELECT pg_sleep(0.05)")
    finally:
        await connection.close()


def recovered(backup: Path, archive: Path, moment: datetime, *, like: Postgres, folder: Path) -> Postgres:
    """A server, not started, that will bring the backup to the last commit before `moment` and go on from there."""
    folder.mkdir(parents=True)
    user = runner()
    user.owns(folder)
    folder.chmod(0o700)
    backup.rename(folder / "data")
    shutil.copy(like.folder / "password", folder / "password")
    user.owns(folder / "password")
    with (folder / "data" / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"restore_command = 'cp {archive}/%f %p'\nrecovery_target_time = '{moment.isoformat()}'\n"
            "recovery_target_action = 'promote'\n")
    (folder / "data" / "recovery.signal").touch()
    user.owns(folder / "data" / "recovery.signal")
    return Postgres(folder, options={"fsync": "off"})


async def promoted(server: Postgres) -> None:
    """Return when a started server has ended its recovery: stopped earlier it would go past the moment.

    Raises PostgresError when that does not come about.
    """
    connection = await asyncpg.connect(server.url())
    try:
        until = time.monotonic() + RECOVERY_SECONDS
        while await connection.fetchval("SELECT pg_is_in_recovery()"):
            if time.monotonic() > until:
                raise PostgresError("The recovery does not end.")
            await connection.execute("SELECT pg_sleep(0.05)")
    finally:
        await connection.close()


def _run(
    command: Sequence[str], *, as_server: bool = True, given: bytes = b"", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    user = runner()
    other = as_server and user.is_other
    done = subprocess.run(  # noqa: S603
        command, input=given, capture_output=True, check=False, cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **(environment or {})},
        user=user.uid if other else None, group=user.gid if other else None, extra_groups=[] if other else None)
    if done.returncode != 0:
        raise PostgresError(done.stderr.decode(errors="replace").strip())
    return done

"""One database per service with its three login roles, and one for the bus: made where missing, kept where there.

A server of one's own is given by a login that may create roles and databases; it need not be a superuser.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from dunlin_kit import migrating
from dunlin_kit.migrating import ROLES
from dunlin_local.keys import write_secret

SERVICES = ("customer", "billing", "credit", "notify")
BUS = "bus"
CURSORS = "cursors"


class DatabasesError(Exception):
    """The databases cannot be had; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Databases:
    """The URLs of all databases: by service and kind of role, and the bus."""

    admin_url: str
    passwords: Mapping[str, str]

    def url(self, service: str, kind: str) -> str:
        """The URL of a service's database as its `owner`, `app` or `ops` role."""
        return self._as(f"{service}_{kind}", service)

    @property
    def bus_url(self) -> str:
        """The URL of the bus database as its only role."""
        return self._as(BUS, BUS)

    def _as(self, role: str, database: str) -> str:
        parts = urlsplit(self.admin_url)
        place = parts.netloc.rpartition("@")[2]
        login = f"{quote(role)}:{quote(self.passwords[role], safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{place}", path=f"/{database}"))


def kept_passwords(folder: Path) -> dict[str, str]:
    """The password of each role, and the key of page cursors, made once and kept in a file only its owner reads."""
    path = folder / "roles.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    wanted = [BUS, CURSORS, *(f"{service}_{kind}" for service in SERVICES for kind in ROLES)]
    missing = {role: secrets.token_urlsafe(24) for role in wanted if role not in known}
    if missing:
        known |= missing
        write_secret(path, json.dumps(known, indent=2))
    return known


async def make_databases(admin_url: str, folder: Path) -> Databases:
    """Create what is missing of roles and databases, set the roles' passwords. Refuses with DatabasesError."""
    made = Databases(admin_url, kept_passwords(folder))
    try:
        for service in SERVICES:
            own = {kind: made.passwords[f"{service}_{kind}"] for kind in ROLES}
            await migrating.make_databases(admin_url, service, own)
        await _make_bus(admin_url, made.passwords[BUS])
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabasesError(f"The login of DUNLIN_DATABASE_URL may not make roles and databases: {error}") from error
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabasesError(f"The database server cannot be reached or used: {error}") from error
    return made


async def _make_bus(admin_url: str, password: str) -> None:
    admin = await asyncpg.connect(admin_url, timeout=10)
    try:
        verb = "ALTER" if await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", BUS) else "CREATE"
        await admin.execute(f"{verb} ROLE {BUS} LOGIN PASSWORD '{password}'")
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", BUS):
            await admin.execute(f"GRANT {BUS} TO CURRENT_USER")
            await migrating.create_database(admin, BUS, BUS)
        await admin.execute(f"REVOKE ALL ON DATABASE {BUS} FROM PUBLIC")
        await admin.execute(f"GRANT CONNECT ON DATABASE {BUS} TO {BUS}")
    finally:
        await admin.close()

"""`python -m dunlin_local prepare`: the databases, roles and secrets of a deployment in containers, made where missing.

Each deployment makes its own passwords. They stand in files named as the services' settings, a folder per service for
what runs, and one more, `<service>-owner`, for its migrations: a container is given its own folder and no other.
"""

import argparse
import asyncio
import os
from pathlib import Path

from dunlin_local.clients import secret_of
from dunlin_local.databases import CURSORS, SERVICES, Databases, DatabasesError, make_databases
from dunlin_local.keys import write_secret
from dunlin_local.places import named
from dunlin_local.terminal import give_up


def run(arguments: argparse.Namespace) -> int:
    """Prepare below a folder; again, it changes nothing."""
    folder = named(arguments.folder)
    login = os.environ.get("DUNLIN_DATABASE_URL") or give_up(
        "DUNLIN_DATABASE_URL is needed: a login that may create roles and databases.")
    try:
        databases = asyncio.run(make_databases(login, folder / "roles"))
    except DatabasesError as error:
        give_up(str(error))
    write_secrets(databases, folder)
    return 0


def write_secrets(databases: Databases, folder: Path) -> None:
    """One file per secret setting of each service, below `folder`/secrets."""
    for service in SERVICES:
        running = {
            "database_url": databases.url(service, "app"),
            "ops_database_url": databases.url(service, "ops"),
            "bus_database_url": databases.bus_url,
            "cursor_secret": databases.passwords[CURSORS],
        }
        if service == "notify":
            running["client_secret"] = secret_of(folder / "issuer", "notify-svc")
        migrating = running | {"owner_database_url": databases.url(service, "owner")}
        for place, told in ((service, running), (f"{service}-owner", migrating)):
            for name, value in told.items():
                write_secret(folder / "secrets" / place / f"dunlin_{name}", value)

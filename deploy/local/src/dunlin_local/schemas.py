"""Brings each service's database to the revision its code was made for, and refuses one that is ahead of it."""

import asyncio

import asyncpg

from dunlin_kit import migrating
from dunlin_local.databases import SERVICES, Databases


class SchemaError(Exception):
    """The data cannot be used by this code; the message is a sentence for the person at the terminal."""


async def bring_up(databases: Databases) -> None:
    """Migrate what is behind, one service after another. Refuses with SchemaError: made by a newer Dunlin."""
    for service in SERVICES:
        package, url = f"{service}_svc", databases.url(service, "owner")
        found = await _revision(url)
        if found != migrating.head_of(package):
            _check_known(service, found)
            try:
                await asyncio.to_thread(migrating.migrate, package, url)
            except Exception as error:
                raise SchemaError(f"The schema of {service}-svc cannot be brought up: {error}") from error


def _check_known(service: str, found: str | None) -> None:
    if found is not None and found not in migrating.revisions_of(f"{service}_svc"):
        raise SchemaError(
            f"The data of {service}-svc are of revision {found}, which this Dunlin does not know: they were made by a "
            "newer one. Use that one, or remove the data with ./dunlin reset."
        )


async def _revision(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        return await migrating.revision_of(connection)
    finally:
        await connection.close()

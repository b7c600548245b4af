"""The databases of the launcher: made once, each role only in its own, also by a login that is no superuser."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from dunlin_kit.migrating import ROLES
from dunlin_local.databases import BUS, SERVICES, Databases, DatabasesError, make_databases
from dunlin_local.postgres import THROW_AWAY, Postgres
from dunlin_local.schemas import SchemaError, bring_up


@pytest.fixture(scope="module")
async def admin(server_place: Callable[[], Path]) -> AsyncIterator[str]:
    """A server of its own, since roles are shared by all databases of one; a login that is no superuser."""
    with Postgres(server_place(), options=THROW_AWAY) as server:
        connection = await asyncpg.connect(server.url())
        await connection.execute("CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'm'")
        await connection.close()
        yield f"postgresql://maker:m@127.0.0.1:{server.port}/postgres"


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_each_role_enters_its_own_database(admin: str, tmp_path: Path) -> None:
    made = await make_databases(admin, tmp_path)
    again = await make_databases(admin, tmp_path)
    assert again == made
    for service in SERVICES:
        for kind in ROLES:
            said = await ask(made.url(service, kind), "SELECT current_user || ' in ' || current_database()")
            assert said == f"{service}_{kind} in {service}"
        assert await ask(made.url(service, "owner"), "CREATE TABLE IF NOT EXISTS x (y int)") is None
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(made.url(service, "app"), "CREATE TABLE z (y int)")
    assert await ask(made.bus_url, "SELECT current_database()") == BUS


async def test_text_is_compared_by_code_points(admin: str, tmp_path: Path) -> None:
    made = await make_databases(admin, tmp_path)
    how = """SELECT datcollate || ' ' || pg_encoding_to_char(encoding) FROM pg_database
             WHERE datname = current_database()"""
    for url in (*(made.url(service, "app") for service in SERVICES), made.bus_url):
        assert await ask(url, how) == "C UTF8"


async def test_no_role_enters_another_database(admin: str, tmp_path: Path) -> None:
    made = await make_databases(admin, tmp_path)
    for role, database in (("billing_app", "credit"), ("credit_ops", "bus"), ("bus", "notify")):
        login = f"postgresql://{role}:{made.passwords[role]}@{urlsplit(admin).netloc.rpartition('@')[2]}/{database}"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(login, "SELECT 1")


async def test_no_role_passes_by_row_security(admin: str, tmp_path: Path) -> None:
    await make_databases(admin, tmp_path)
    mighty = "SELECT count(*) FROM pg_roles WHERE rolname ~ '_(owner|app|ops)$|^bus$' AND (rolsuper OR rolbypassrls)"
    assert await ask(admin, mighty) == 0


async def test_lost_passwords_are_set_anew(admin: str, tmp_path: Path) -> None:
    first = await make_databases(admin, tmp_path / "one")
    second = await make_databases(admin, tmp_path / "two")
    assert first.passwords != second.passwords
    assert await ask(second.url("billing", "app"), "SELECT 1") == 1
    assert (tmp_path / "two" / "roles.json").stat().st_mode & 0o077 == 0


async def test_what_hinders_is_said(admin: str, tmp_path: Path) -> None:
    made = await make_databases(admin, tmp_path)
    with pytest.raises(DatabasesError, match="cannot be reached"):
        await make_databases("postgresql://a:b@127.0.0.1:9/postgres", tmp_path)
    with pytest.raises(DatabasesError, match="may not make roles"):
        await make_databases(made.url("billing", "app"), tmp_path)


def test_other_parts_of_the_url_stay() -> None:
    made = Databases("postgresql://u:p@db.example:6432/postgres?sslmode=require", {"billing_app": "a/b"})
    assert made.url("billing", "app") == "postgresql://billing_app:a%2Fb@db.example:6432/billing?sslmode=require"


async def test_data_of_a_newer_dunlin_are_left_alone(admin: str, tmp_path: Path) -> None:
    made = await make_databases(admin, tmp_path)
    owner = made.url("customer", "owner")
    await ask(owner, "CREATE TABLE alembic_version AS SELECT '9999' AS version_num")
    with pytest.raises(SchemaError, match="of revision 9999, which this Dunlin does not know"):
        await bring_up(made)
    assert await ask(owner, "SELECT to_regclass('customer')") is None, "nothing was migrated"

"""The server that tests share: it answers, as a login that may create databases."""

import asyncpg
import pytest


async def test_the_shared_server_answers(postgres: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        assert int(await connection.fetchval("SHOW server_version_num")) >= 160000
        may = "SELECT rolcreatedb AND rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert await connection.fetchval(may)
    finally:
        await connection.close()


@pytest.mark.parametrize("time", range(3))
async def test_workers_share_one_server(postgres: str, time: int) -> None:
    connection = await asyncpg.connect(postgres)
    await connection.close()
    assert time < 3

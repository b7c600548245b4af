"""The schema: migrations give what the tables say, facts cannot be changed, no tenant sees another's rows."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command

from dunlin_kit.migrating import config_of
from dunlin_kit.testing import DatabaseUrls, migrated

FACTS = ["invoice_line", "invoice_void", "allocation", "allocation_reversal", "payment_reversal", "ledger_entry",
         "journal_entry", "journal_line", "period_lock", "audit_log", "payment_policy", "payment_decision",
         "statement", "statement_answer", "exchange_rate", "credit_exchange", "credit_exchange_reversal"]


@pytest.fixture(scope="module")
async def urls(postgres: str) -> AsyncIterator[DatabaseUrls]:
    async with migrated(postgres, "billing") as urls:
        yield urls


async def test_migrations_and_tables_agree(urls: DatabaseUrls) -> None:
    await asyncio.to_thread(command.check, config_of("billing_svc", urls.owner))


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
async def test_a_fact_is_never_changed(urls: DatabaseUrls, table: str, verb: str) -> None:
    statement = f"DELETE FROM {table}" if verb == "DELETE" else f"UPDATE {table} SET tenant_id = tenant_id"
    connection = await asyncpg.connect(urls.app)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_every_table_of_a_tenant_is_protected(urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(urls.owner)
    try:
        bare = await connection.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT "
            "(c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid))")
    finally:
        await connection.close()
    assert bare == []

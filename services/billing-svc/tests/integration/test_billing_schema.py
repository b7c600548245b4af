"""The schema: facts cannot be changed."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from dunlin_kit.testing import DatabaseUrls, migrated

FACTS = ["invoice_line", "invoice_void", "allocation", "allocation_reversal", "payment_reversal", "ledger_entry",
         "journal_entry", "journal_line", "period_lock", "audit_log", "payment_policy", "payment_decision",
         "statement", "statement_answer", "exchange_rate", "credit_exchange", "credit_exchange_reversal",
         "customer_dimension"]


@pytest.fixture(scope="module")
async def urls(postgres: str) -> AsyncIterator[DatabaseUrls]:
    async with migrated(postgres, "billing") as urls:
        yield urls


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

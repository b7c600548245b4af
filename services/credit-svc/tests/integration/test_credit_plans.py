"""What an order, billing's facts and a look at a position send is planned without reading a growing table from end to
end: as the service's own role under row-level security, on tables with 3,000 customers."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from dunlin_events import parked_rows, watermark
from dunlin_events.contracts.billing import CreditAllocated, PaymentConfirmed
from dunlin_kernel.ids import new_id
from dunlin_kit import statements
from dunlin_kit.testing import migrated

ROWS = 3000
SMALL = {"tenant", "credit_policy", "rating_policy", "exchange_rate", "alembic_version", "relay_state", "parked_event"}
"""A few rows each, however long the service runs; of what is parked somebody is told at once."""
FILLED = {"uuid": "md5('{column}' || n)::uuid", "text": "'{column}' || n", "bigint": "n", "integer": "n",
          "smallint": "n % 100", "boolean": "false", "date": "DATE '2026-01-01' + n % 300", "jsonb": "'{{}}'",
          "timestamp with time zone": "now() - n * interval '1 minute'", "numeric": "n", "bytea": "''", "xid8": "'3'"}
_TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
_COLUMNS = """SELECT column_name, data_type, is_nullable = 'YES' AS nullable FROM information_schema.columns
              WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' AND is_identity = 'NO'"""
_CONSTRAINTS = """SELECT conrelid::regclass::text AS of, conname FROM pg_constraint
                  WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace"""


@pytest.fixture
async def grown(postgres: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the service's role, with a tenant set, on tables that have grown."""
    async with migrated(postgres, "credit") as urls:
        tenant = new_id()
        admin = await asyncpg.connect(urlsplit(postgres)._replace(path=urlsplit(urls.app).path).geturl())
        for row in await admin.fetch(_CONSTRAINTS):
            await admin.execute(f'ALTER TABLE {row["of"]} DROP CONSTRAINT "{row["conname"]}" CASCADE')
        for row in await admin.fetch(_TABLES):
            if row["relname"] not in SMALL:
                await _fill(admin, row["relname"], str(tenant))
        await admin.execute("VACUUM ANALYZE")
        await admin.close()
        connection = await asyncpg.connect(urls.app)
        await connection.execute(f"SET dunlin.tenant = '{tenant}'; SET plan_cache_mode = force_generic_plan")
        yield connection
        await connection.close()


async def _fill(admin: asyncpg.Connection, table: str, tenant: str) -> None:
    columns = {row["column_name"]: row for row in await admin.fetch(_COLUMNS, table)}
    values = ["NULL" if row["nullable"] else FILLED[row["data_type"]].format(column=name)
              for name, row in columns.items()]
    given = {"tenant_id": f"'{tenant}'::uuid", "currency": "'CNY'"}
    made = ", ".join(given.get(name, value) for name, value in zip(columns, values, strict=True))
    await admin.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {made} FROM generate_series(1, {ROWS}) n")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of all statements that transactions send."""
    texts: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval"):
        real = getattr(asyncpg.Connection, name)

        async def spied(self: Any, query: str, *args: Any, _real: Any = real, **more: Any) -> Any:
            texts.append(query)
            return await _real(self, query, *args, **more)

        monkeypatch.setattr(asyncpg.Connection, name, spied)
    return texts


async def test_an_order_facts_and_a_position_read_no_growing_table_whole(
    books: Any, sent: list[str], grown: asyncpg.Connection,
) -> None:
    policy = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
              "authorization_days": 30, "reason": "holds", "holds": {
                  "overdue_grace_days": 10, "limit_exceeded_bps": 0, "broken_promise_days": 14, "grades": []}}
    answer = await books.service.client.post("/credit/v1/policies", json=policy, headers=books.headers())
    assert answer.status_code == 201
    await books.limit("1000.00")
    sent.clear()
    order = await books.ask("100.00")
    item = {"item_id": str(new_id()), "due_on": "2026-02-04", "amount": {"amount": "100.00", "currency": "CNY"}}
    invoice = books.invoice("100.00", "100.00", authorization_id=order["id"], items=[item])
    told = {"customer_id": books.customer, "item_id": item["item_id"], "invoice_id": invoice.invoice_id}
    await books.hear(
        invoice, PaymentConfirmed.model_validate(dict(PaymentConfirmed.examples[0]) | told_of(books)),
        CreditAllocated.model_validate(dict(CreditAllocated.examples[0]) | told))
    await books.position()
    library = (watermark._LOCK, watermark._MAKE, watermark._ADVANCE, parked_rows._CAN_GO_ON, parked_rows._REASONS)
    texts = {*sent, *(statements.compiled(one)[0] for one in library)}
    assert len(texts) > 15
    assert [table async for table in read_whole(grown, "SELECT FROM exposure WHERE open = 1")] == ["exposure"]
    whole = {table: text for text in sorted(texts) for table in [one async for one in read_whole(grown, text)]}
    assert not whole


def told_of(books: Any) -> dict[str, Any]:
    return {"customer_id": books.customer}


async def read_whole(connection: asyncpg.Connection, text: str) -> AsyncIterator[str]:
    """The growing tables that a statement reads from end to end."""
    await connection.execute(f"PREPARE it AS {text}")
    count = await connection.fetchval(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'it'")
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE it {given}"))
    for table in scanned(plan[0]["Plan"]):
        if table not in SMALL:
            yield table
    await connection.execute("DEALLOCATE it")


def scanned(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        yield from scanned(inner)

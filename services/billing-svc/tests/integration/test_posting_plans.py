"""What an invoice, a batch, payments, a reversal, a statement and notify-svc's look before it sends are planned without
reading a growing table from end to end: as the service's own role under row-level security, planned once for all
values."""

from collections.abc import Iterator
from typing import Any

import pytest

from dunlin_kit.grown_tables import LAST, growing_read_whole, grown, read_whole, statements_sent

SMALL = {"tenant", "alembic_version", "relay_state", "parked_event", "period_lock", "payment_policy", "discount_policy",
         "number_series", "tolerance_policy", "bad_debt_policy", "lock_exception"}
"""A few rows each, however long the service runs."""


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The texts of all statements that transactions send."""
    with statements_sent() as texts:
        yield texts


async def test_a_posting_reads_no_growing_table_whole(company: Any, sent: list[str], postgres: str) -> None:
    await company.clock("2026-03-20")
    one, other = await company.register(), await company.register(number="C-000002")
    sent.clear()
    first = await company.issue(one, "100.00", "2026-03-01")
    line = {"description": "Goods", "quantity": "1", "unit_price": "50.00", "tax_rate": "13"}
    await company.post("/invoices:batch", {"invoices": [
        {"customer_id": str(who), "currency": "CNY", "lines": [line, line], "issue": True} for who in (one, other)]})
    oldest = await company.pay(one, "30.00", "2026-03-10", allocation="oldest_first")
    await company.pay(one, "10.00", "2026-03-11", allocation="items", items=[
        {"item_id": first["items"][0]["id"], "amount": {"amount": "10.00", "currency": "CNY"}}])
    loose = await company.pay(other, "5.00", "2026-03-11", allocation="none")
    await company.post(f"/payments/{loose['id']}:apply", {"allocation": "oldest_first"})
    await company.post(f"/payments/{oldest['id']}:reverse", {"reason": "recorded_in_error"})
    await company.get(f"/items:owing?customer_id={one}&customer_id={other}")
    await company.post("/statements", {"customer_id": str(one), "period_from": "2026-03-01", "period_to": "2026-03-20"})
    texts = set(sent)
    assert len(texts) > 15
    assert [text for text in texts if LAST in text]
    async with grown(postgres, "billing", SMALL) as connection:
        assert await read_whole(connection, "SELECT FROM item WHERE amount = 1") == ["item"]
        assert not await growing_read_whole(connection, texts, SMALL)

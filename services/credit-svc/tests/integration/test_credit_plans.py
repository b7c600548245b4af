"""What an order, billing's facts and a look at a position send is planned without reading a growing table from end to
end: as the service's own role under row-level security, on tables with 3,000 customers."""

from collections.abc import Iterator
from typing import Any

import pytest

from dunlin_events import parked_rows, watermark
from dunlin_events.contracts.billing import CreditAllocated, PaymentConfirmed
from dunlin_kernel.ids import new_id
from dunlin_kit import statements
from dunlin_kit.grown_tables import LAST, growing_read_whole, grown, read_whole, statements_sent

SMALL = {"tenant", "credit_policy", "rating_policy", "exchange_rate", "alembic_version", "relay_state", "parked_event"}
"""A few rows each, however long the service runs; of what is parked somebody is told at once."""


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The texts of all statements that transactions send."""
    with statements_sent() as texts:
        yield texts


async def test_an_order_facts_and_a_position_read_no_growing_table_whole(
    books: Any, sent: list[str], postgres: str,
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
    assert [text for text in texts if LAST in text]
    async with grown(postgres, "credit", SMALL) as connection:
        assert await read_whole(connection, "SELECT FROM exposure WHERE open = 1") == ["exposure"]
        assert not await growing_read_whole(connection, texts, SMALL)


def told_of(books: Any) -> dict[str, Any]:
    return {"customer_id": books.customer}

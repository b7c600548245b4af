"""Payments learnt on real PostgreSQL: own money only, once, un-learnt exactly, imported facts too."""

from typing import Any

from sqlalchemy import text

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import AllocationReversed, CreditAllocated, InvoiceVoided, PaymentReversed
from dunlin_events.contracts.billing_disputes import DisputeOpened, DisputeSettled
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def like(books: Any, contract: type[Event], **change: Any) -> Any:
    return contract.model_validate(dict(contract.examples[0]) | {"customer_id": books.customer, **change})


async def rows(books: Any, statement: str) -> list[dict[str, Any]]:
    async def work(tx: Transaction) -> list[dict[str, Any]]:
        return [dict(row) for row in await tx.rows(text(statement))]

    found: list[dict[str, Any]] = await books.service.database.transact(books.tenant, work)
    return found


async def test_own_money_teaches_once_and_a_reversal_un_teaches(books: Any) -> None:
    def allocated(due_on: str, **more: Any) -> Any:
        return like(books, CreditAllocated, allocation_id=new_id(), due_on=due_on, business_on="2026-03-01", **more)

    early, late = allocated("2026-03-04"), allocated("2026-01-30", origin="import", credit_kind="exchange")
    note = allocated("2025-01-01", credit_kind="credit_note")
    await books.hear(early, late, note)
    record = "SELECT payments::int AS payments, (days / weight)::int AS mean FROM payment_record"
    assert await rows(books, record) == [{"payments": 2, "mean": 14}]
    before = await rows(books, "SELECT * FROM payment_record")
    again = allocated("2025-12-01")
    await books.hear(early, again, first=4)
    for one, first in ((again, 6), (note, 7), (again, 8)):
        await books.hear(like(books, AllocationReversed, allocation_id=one.allocation_id), first=first)
    assert await rows(books, "SELECT * FROM payment_record") == before
    learnt = await rows(books, "SELECT days_late FROM learnt_payment WHERE live ORDER BY 1")
    assert [row["days_late"] for row in learnt] == [-3, 30]
    assert await books.violations() == await unproved(books)


async def unproved(books: Any) -> list[dict[str, Any]]:
    """The figures of these examples do not follow on each other: that is all that is found."""
    found = [check for check in await books.violations() if check["id"] == "I8"]
    assert found
    return found


async def test_what_was_billed_and_what_is_counted_beside(books: Any) -> None:
    items = [{"item_id": str(new_id()), "due_on": due_on, "amount": cny(amount)}
             for due_on, amount in (("2026-02-04", "100.00"), ("2026-03-06", "300.00"))]
    kept = books.invoice("400.00", "400.00", items=items, issued_on="2026-01-05")
    void = books.invoice("10.00", "410.00", items=[])
    gone = like(books, InvoiceVoided, invoice_id=void.invoice_id)
    await books.hear(kept, void, gone)
    billed = await rows(books, "SELECT amount::int AS amount, due_days FROM billed_invoice ORDER BY amount")
    assert billed == [{"amount": 0, "due_days": 0}, {"amount": 40000, "due_days": 53}]
    returned, mistaken = (
        like(books, PaymentReversed, payment_id=new_id(), reason=reason)
        for reason in ("not_received", "recorded_in_error"))
    opened = like(books, DisputeOpened)
    ended = [like(books, DisputeSettled, outcome=outcome, dispute_id=new_id()) for outcome in ("rejected", "accepted")]
    await books.hear(returned, mistaken, opened, *ended, first=4)
    marks = await rows(books, "SELECT kind FROM conduct_mark ORDER BY 1")
    assert [row["kind"] for row in marks] == ["dispute_lost", "dispute_opened", "returned_payment"]

"""Customers that were merged, as customer-svc told: where each goes on, and what of its credit goes there."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from credit_svc.store.tables import CustomerMergerRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money

_GOES_ON = text("""
WITH RECURSIVE chain AS (
  SELECT into_id, into_number FROM customer_merger WHERE customer_id = CAST(:customer_id AS uuid)
  UNION SELECT m.into_id, m.into_number FROM customer_merger m JOIN chain c ON m.customer_id = c.into_id)
SELECT c.into_id, c.into_number FROM chain c
WHERE NOT EXISTS (SELECT 1 FROM customer_merger m WHERE m.customer_id = c.into_id)""")
_RESERVED = text("""
SELECT authorization_id, reference, currency, reserved FROM credit_authorization
WHERE customer_id = CAST(:source_id AS uuid) AND reserved > 0 ORDER BY authorization_id""")
_PASS_ON = text("""
UPDATE credit_authorization SET customer_id = CAST(:into_id AS uuid)
WHERE customer_id = CAST(:source_id AS uuid) AND currency = CAST(:currency AS text)""")
ENTRIES = """entry AS (
  SELECT CAST(:customer_id AS uuid) AS customer_id
  UNION SELECT m.customer_id FROM entry e CROSS JOIN LATERAL (
    SELECT m.customer_id FROM customer_merger m WHERE m.into_id = e.customer_id OFFSET 0) m)"""
"""A customer and all that were merged into it, as a part of a recursive `WITH`: what they did is its history."""
ENTRIES_OF_ROW = ENTRIES.replace("CAST(:customer_id AS uuid)", "k.customer_id")
"""The same for each row of `k`, inside a lateral query."""
ANY_ENTRY = "ANY(ARRAY(SELECT customer_id FROM entry))"
ENTRIES_OF_ALL = """entry AS (
  SELECT one AS of_id, one AS customer_id FROM unnest(CAST(:customer_ids AS uuid[])) one
  UNION SELECT e.of_id, m.customer_id FROM entry e CROSS JOIN LATERAL (
    SELECT m.customer_id FROM customer_merger m WHERE m.into_id = e.customer_id OFFSET 0) m)"""
"""The same for many: `of_id` is the one that goes on. `OFFSET 0`: looked up one by one, whatever is guessed of many."""


class Merged(NamedTuple):
    """Into which customer one was merged, just now or before."""

    into_id: UUID
    into_number: str


class ReservedOrder(NamedTuple):
    """An order whose authorisation goes on at the other customer, and what is reserved for it."""

    authorization_id: UUID
    reference: str
    reserved: Money


async def surviving(tx: Tx, customer_id: UUID) -> Merged | None:
    """With which customer one goes on, at the end of a chain of mergers; None for one that was not merged."""
    row = await tx.row(_GOES_ON, customer_id=customer_id)
    return row and Merged(row["into_id"], row["into_number"])


async def check_not_merged(tx: Tx, customer_id: UUID) -> None:
    """Refuses: customer_merged."""
    merged = await surviving(tx, customer_id)
    if merged is not None:
        raise Conflict("customer_merged", "The customer was merged; it goes on as another one.",
                       customer_id=customer_id, into_id=merged.into_id, into_number=merged.into_number)


async def reserved_of(tx: Tx, source_id: UUID) -> list[ReservedOrder]:
    """Only after the lock on its heads."""
    return [ReservedOrder(row["authorization_id"], row["reference"], Money(row["reserved"], row["currency"]))
            for row in await tx.rows(_RESERVED, source_id=source_id)]


async def pass_on(tx: Tx, source_id: UUID, into_id: UUID, currency: str) -> None:
    """Authorisations in a currency are the other customer's; only after the lock on the heads of both."""
    await tx.rows(_PASS_ON, source_id=source_id, into_id=into_id, currency=currency)


def keep(tx: Tx, mergers: Mapping[UUID, Merged]) -> None:
    """Gather into which customers others were merged."""
    tx.put(CustomerMergerRow, *(
        {"customer_id": customer_id, "into_id": one.into_id, "into_number": one.into_number}
        for customer_id, one in mergers.items()), key=("customer_id",))

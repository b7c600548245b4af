"""Transfers between customers that were merged: what is left to move, whose rows are whose, and the facts of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.item import Item
from billing_svc.domain.transfer import Transfer
from billing_svc.store.accounts import GOES_ON
from billing_svc.store.transfer_tables import BalanceTransferRow
from dunlin_kernel.errors import NotReady
from dunlin_kit.transaction import Transaction

_SOURCE, _INTO = bindparam("source_id", type_=Uuid), bindparam("into_id", type_=Uuid)
_IDS, _MOST = bindparam("ids", type_=ARRAY(Uuid)), bindparam("most", type_=Integer)
ITEMS = text("""
SELECT id FROM item WHERE customer_id = :source_id ORDER BY id LIMIT :most""").bindparams(_SOURCE, _MOST)
CREDITS = text("""
SELECT id FROM credit WHERE customer_id = :source_id ORDER BY id LIMIT :most""").bindparams(_SOURCE, _MOST)
DRAFTS = text("""
SELECT d.id FROM invoice d WHERE d.customer_id = :source_id
  AND NOT EXISTS (SELECT 1 FROM item i WHERE i.tenant_id = d.tenant_id AND i.invoice_id = d.id)
ORDER BY d.id LIMIT :most""").bindparams(_SOURCE, _MOST)
DELIVERIES = text("""
SELECT id FROM delivery WHERE customer_id = :source_id ORDER BY id LIMIT :most""").bindparams(_SOURCE, _MOST)
_UNDUNNED = text("""
SELECT id FROM item WHERE id = ANY(:ids) AND (origin = 'import' OR kind = 'bill')""").bindparams(_IDS)
ACCOUNTS = text("SELECT currency FROM account WHERE customer_id = :source_id").bindparams(_SOURCE)
_OF_ITEMS = tuple(text(statement).bindparams(_INTO, _IDS) for statement in (
    "UPDATE item SET customer_id = :into_id WHERE id = ANY(:ids)",
    "UPDATE dispute SET customer_id = :into_id WHERE item_id = ANY(:ids)",
    "UPDATE write_off SET customer_id = :into_id WHERE item_id = ANY(:ids)",
    "UPDATE interest_waiver_proposal SET customer_id = :into_id WHERE item_id = ANY(:ids)",
    """UPDATE invoice d SET customer_id = :into_id FROM item i
       WHERE i.id = ANY(:ids) AND d.id = i.invoice_id AND d.customer_id <> :into_id"""))
_RECKONED_ANEW = tuple(text(statement).bindparams(_IDS) for statement in (
    "UPDATE interest_account SET position = -1 WHERE item_id = ANY(:ids)",
    """INSERT INTO interest_waiting (tenant_id, item_id, customer_id, currency, position)
       SELECT tenant_id, id, customer_id, currency, 0 FROM item WHERE id = ANY(:ids) AND kind = 'invoice' ORDER BY id
       ON CONFLICT (tenant_id, item_id) DO UPDATE SET customer_id = excluded.customer_id"""))
_OF_CREDITS = (text("UPDATE credit SET customer_id = :into_id WHERE id = ANY(:ids)").bindparams(_INTO, _IDS),)
_OF_DRAFTS = (text("UPDATE invoice SET customer_id = :into_id WHERE id = ANY(:ids)").bindparams(_INTO, _IDS),)
_OF_DELIVERIES = (text("UPDATE delivery SET customer_id = :into_id WHERE id = ANY(:ids)").bindparams(_INTO, _IDS),)
_AT_LAST = tuple(text(statement).bindparams(_SOURCE, _INTO) for statement in (
    """UPDATE arrangement SET customer_id = :into_id, agreed_with = coalesce(agreed_with, customer_id),
       judged_position = 0 WHERE customer_id = :source_id""",
    "UPDATE proposal SET customer_id = :into_id WHERE customer_id = :source_id",
    "UPDATE search_task SET customer_id = :into_id WHERE customer_id = :source_id"))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of what stands under a customer that was merged; `last` when nothing else does."""

    items: Collection[UUID]
    credits: Collection[UUID]
    drafts: Collection[UUID]
    deliveries: Collection[UUID]
    last: bool


async def surviving(tx: Transaction, customer_id: UUID) -> UUID:
    """The customer that goes on at the end of a chain of mergers; itself when it was not merged.

    Refuses: customer_not_known_yet.
    """
    row = await tx.row(GOES_ON, customer_id=customer_id)
    if row is None:
        raise NotReady("customer_not_known_yet", "The customer that goes on has not been heard of here yet.",
                       customer_id=customer_id)
    return UUID(int=row["customer_id"].int)


async def currencies_of(tx: Transaction, source_id: UUID) -> set[str]:
    """In which it has accounts."""
    return {row["currency"] for row in await tx.rows(ACCOUNTS, source_id=source_id)}


async def next_slice(tx: Transaction, source_id: UUID, most: int) -> Slice:
    """Items first, then credits, what else was invoiced, and deliveries. Only after the lock of its accounts."""
    owed = [row["id"] for row in await tx.rows(ITEMS, source_id=source_id, most=most)]
    paid = [row["id"] for row in await tx.rows(CREDITS, source_id=source_id, most=most - len(owed))]
    left = most - len(owed) - len(paid)
    drafts = [row["id"] for row in await tx.rows(DRAFTS, source_id=source_id, most=left)]
    left -= len(drafts)
    delivered = [row["id"] for row in await tx.rows(DELIVERIES, source_id=source_id, most=left)]
    return Slice(owed, paid, drafts, delivered, last=len(delivered) < left)


async def undunned(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those that nobody is reminded of unless a person wants it: taken over from an older ledger, or a bill."""
    return {row["id"] for row in await tx.rows(_UNDUNNED, ids=list(ids))} if ids else set()


async def pass_on(tx: Transaction, one: Slice, source_id: UUID, into_id: UUID) -> None:
    """From now on these are the other customer's, with all that stands on them."""
    for statements, ids in ((_OF_ITEMS, one.items), (_OF_CREDITS, one.credits), (_OF_DRAFTS, one.drafts),
                            (_OF_DELIVERIES, one.deliveries)):
        for statement in statements if ids else ():
            await tx.rows(statement, into_id=into_id, ids=list(ids))
    for statement in _RECKONED_ANEW if one.items else ():
        await tx.rows(statement, ids=list(one.items))
    for statement in _AT_LAST if one.last else ():
        await tx.rows(statement, source_id=source_id, into_id=into_id)


def add(tx: Transaction, one: Transfer, *, recorded_at: datetime) -> None:
    tx.insert(BalanceTransferRow, {
        "id": one.id, "in_id": one.in_id, "side": one.side.value, "source_id": one.source_id,
        "into_id": one.into_id, "currency": one.amount.currency, "amount": one.amount.minor,
        "effective_on": one.effective_on, "recorded_at": recorded_at})


def parted(items: Collection[Item]) -> tuple[list[Item], list[Item]]:
    """Those of which something is open, and those that are settled."""
    return [one for one in items if one.open.is_positive], [one for one in items if one.open.is_zero]

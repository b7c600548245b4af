"""The ledger and the journal: entries of facts, only ever added, and the steps by which one item or credit moved."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.account import Account
from billing_svc.domain.ledger import Fact, LedgerSide
from billing_svc.domain.posting_dates import Step
from billing_svc.store.document_tables import ItemRow
from billing_svc.store.ledger_tables import CreditRow, JournalEntryRow, JournalLineRow, LedgerEntryRow
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _item, _credit = LedgerEntryRow.__table__.c, ItemRow.__table__.c, CreditRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
STEPS = union_all(
    select(_t.item_id.label("ref_id"), _t.effective_on, _t.amount)
    .join_from(LedgerEntryRow.__table__, ItemRow.__table__, (_item.id == _t.item_id)
               & (_item.customer_id == _t.customer_id)).where(_t.item_id == func.any(_ids)),
    select(_t.credit_id, _t.effective_on, _t.amount)
    .join_from(LedgerEntryRow.__table__, CreditRow.__table__, (_credit.id == _t.credit_id)
               & (_credit.customer_id == _t.customer_id)).where(_t.credit_id == func.any(_ids)))


async def steps_of(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[Step]]:
    """Every entry so far of these items and credits at the customer that has them now."""
    steps: dict[UUID, list[Step]] = defaultdict(list)
    for row in await tx.rows(STEPS, ids=list(ids)):
        steps[row["ref_id"]].append(Step(row["effective_on"], row["amount"]))
    return dict(steps)


def add(tx: Transaction, fact: Fact, after: Account, recorded_at: datetime) -> None:
    """Enter a fact; `after` is the account right after it, whose count of entries gives their positions.

    Customer and currency are the account's own: what all facts of a posting hold in common is sent once.
    """
    first, currency = after.entries - len(fact.entries) + 1, after.currency
    dated: dict[str, object] = {"fact_kind": fact.kind.value, "fact_id": fact.id, "customer_id": after.customer_id,
             "effective_on": fact.effective_on, "recorded_at": recorded_at}
    tx.insert(LedgerEntryRow, *[
        {**dated, "currency": currency, "position": position, "side": entry.side.value,
         "item_id": entry.ref_id if entry.side is LedgerSide.RECEIVABLE else None,
         "credit_id": entry.ref_id if entry.side is LedgerSide.CREDIT else None, "amount": entry.amount.minor,
         **_base(entry.base)}
        for position, entry in enumerate(fact.entries, first)])
    journal_entry_id = new_id()
    tx.insert(JournalEntryRow, {**dated, "id": journal_entry_id})
    tx.insert(JournalLineRow, *[
        {"journal_entry_id": journal_entry_id, "account": line.account.value, "currency": currency,
         "amount": line.amount.minor, **_base(line.base)} for line in fact.journal])


def _base(amount: Money | None) -> dict[str, object]:
    return {} if amount is None else {"base_amount": amount.minor}

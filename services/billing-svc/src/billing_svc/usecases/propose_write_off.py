"""Propose a write-off: nothing moves before another person approves it."""

from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.bad_debt_policy import BadDebtAccount
from billing_svc.domain.giving_up import without_unapplied_note
from billing_svc.domain.write_off import WriteOff, WriteOffReason, WriteOffState, proposed
from billing_svc.store import accounts, audit, credit_notes, items, write_offs
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ProposeWriteOff:
    """`amount` None means all that is open and not disputed; `reference` names where the grounds can be read."""

    id: UUID
    item_id: UUID
    reason: WriteOffReason
    amount: Money | None = None
    reference: str | None = None


async def propose_write_off(tx: Transaction, wish: ProposeWriteOff) -> WriteOff:
    """Refuses: item_not_found, credit_note_unapplied, and what `proposed` refuses."""
    named = (await items.by_id(tx, [wish.item_id])).get(wish.item_id)
    if named is None:
        raise NotFound("item_not_found", "There is no such item.", item_id=wish.item_id)
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    tenant = await present(tx)
    item = (await items.by_id(tx, [wish.item_id]))[wish.item_id]
    amount, nothing = proposed(item, wish.amount), Money.zero(item.amount.currency)
    without_unapplied_note(item, (await credit_notes.unapplied_on(tx, [item])).get(item.invoice_id))
    one = WriteOff(
        wish.id, item.id, item.customer_id, amount, wish.reason, WriteOffState.PROPOSED, tx.actor,
        BadDebtAccount.BAD_DEBT, nothing, nothing)
    write_offs.add(tx, one, wish.reference, recorded_at=tenant.now)
    audit.add(tx, "write_off_proposed", one.id, customer_id=one.customer_id, recorded_at=tenant.now,
              after={"amount": str(one.amount), "reason": one.reason.value})
    return one

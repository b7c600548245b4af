"""Approve a write-off that somebody else proposed: the debt leaves the books; the claim stays."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from billing_svc.domain.bad_debt_policy import tax_part
from billing_svc.domain.giving_up import without_unapplied_note
from billing_svc.domain.posting_dates import earliest_day
from billing_svc.domain.write_off import WriteOff, WriteOffState, approvable, fact_of_write_off, proposed
from billing_svc.store import credit_notes, invoices, items, write_offs
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_write_offs import DebtWrittenOff
from dunlin_kit.transaction import Transaction


async def approve_write_off(tx: Transaction, write_off_id: UUID, wanted: date | None) -> WriteOff:
    """`wanted` None means today, or the first day on which so much was open since.

    Refuses: write_off_not_found, illegal_transition, second_person_needed, effective_too_early, effective_in_future,
    period_locked, credit_note_unapplied, and what `proposed` refuses.
    """
    named = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    held = approvable((await write_offs.by_id(tx, [write_off_id]))[write_off_id], tx.actor)
    posting.items |= await items.by_id(tx, [held.item_id])
    await posting.remember_steps([held.item_id])
    approved = await _approved(posting, held, wanted)
    figures = posting.post(fact_of_write_off(approved))
    posting.items[held.item_id] = posting.items[held.item_id].losing(approved.amount)
    write_offs.decide(tx, approved)
    tx.emit(_told(posting, approved, figures))
    posting.save()
    return approved


async def _approved(posting: Posting, held: WriteOff, wanted: date | None) -> WriteOff:
    item = posting.items[held.item_id]
    amount = proposed(item, held.amount)
    without_unapplied_note(item, (await credit_notes.unapplied_on(posting.tx, [item])).get(item.invoice_id))
    able = earliest_day(posting.steps_of(item.id) or [], amount.minor)
    day = posting.books.day_of(wanted, default=posting.books.today, not_before=able)
    policy = await write_offs.policy_in_force(posting.tx)
    invoice = None
    if item.invoice_id is not None:
        invoice = (await invoices.by_id(posting.tx, [item.invoice_id]))[item.invoice_id]
    tax = tax_part(amount, item, invoice.totals if invoice else None, policy)
    return replace(held, state=WriteOffState.APPROVED, account=policy.account, tax=tax, effective_on=day)


def _told(posting: Posting, one: WriteOff, figures: AccountFigures) -> DebtWrittenOff:
    item = posting.items[one.item_id]
    assert one.effective_on is not None, "an approved write-off has its day"
    return DebtWrittenOff(
        customer_id=one.customer_id, origin=Origin.LIVE, account=figures, write_off_id=one.id,
        invoice_id=item.invoice_id, number=item.number, amount=Amount.of(one.amount), tax=Amount.of(one.tax),
        effective_on=one.effective_on, reason=one.reason.value, items=[
            move_of(item, -one.amount)])

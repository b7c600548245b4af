"""Void issued invoices: nothing is owed for them any more; their numbers stay taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.invoice import Invoice
from billing_svc.domain.item import Item
from billing_svc.domain.voiding import InvoiceVoid, VoidWish, fact_of_void, void_on, voidable
from billing_svc.store import credit_notes, invoices, items, voids
from billing_svc.usecases.billing_deliveries import give_back
from billing_svc.usecases.issue_invoice import InvoiceView
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import DeliveryMove, InvoiceVoided, Origin, VoidedItem
from dunlin_kernel.ids import new_id
from dunlin_kit.database import ReadStale
from dunlin_kit.transaction import Transaction


async def void_invoice(tx: Transaction, wishes: Sequence[VoidWish]) -> list[InvoiceView]:
    """Void invoices, in order; all or none.

    Refuses: invoice_not_found, not_issued, invoice_delivered, invoice_in_use, effective_too_early,
    effective_in_future, period_locked.
    """
    ids = [wish.invoice_id for wish in wishes]
    named = await invoices.by_id(tx, ids)
    posting = await open_posting(tx, [one.account for one in named.values()])
    await invoices.hold(tx, ids)
    held = await invoices.by_id(tx, ids)
    if any(one.account not in posting.accounts for one in held.values()):
        raise ReadStale
    owed = await items.of_invoices(tx, ids)
    posting.items |= {item.id: item for item in owed}
    await posting.remember_steps([item.id for item in owed])
    credited = await credit_notes.credited_invoices(tx, ids)
    given_back = await give_back(tx, ids)
    views = []
    for wish in wishes:
        voiding = Voiding(wish, held[wish.invoice_id], given_back.get(wish.invoice_id, []))
        views.append(_voided(posting, voiding, credited=wish.invoice_id in credited))
        held[wish.invoice_id] = views[-1].invoice
    posting.save()
    return views


@dataclass(frozen=True, slots=True)
class Voiding:
    """An invoice to be voided, and what of its deliveries is not billed any more by that."""

    wish: VoidWish
    held: Invoice
    given_back: list[DeliveryMove]


def _voided(posting: Posting, voiding: Voiding, *, credited: bool) -> InvoiceView:
    wish, held = voiding.wish, voiding.held
    owed = _items_of(posting, held.id)
    invoice = voidable(held, owed, credited=credited)
    day = void_on(wish, owed, [posting.steps_of(item.id) or [] for item in owed], posting.books)
    void, voided = InvoiceVoid(new_id(), invoice.id, wish.reason, day), invoice.voided()
    figures = posting.post(fact_of_void(void, invoice, owed))
    voids.add(posting.tx, void, voided, recorded_at=posting.tenant.now)
    told = _told(void, voided, owed, figures)
    posting.tx.emit(told.model_copy(update={"deliveries": voiding.given_back}))
    return InvoiceView(voided, tuple(_items_of(posting, held.id)), void)


def _items_of(posting: Posting, invoice_id: UUID) -> list[Item]:
    return [item for item in posting.items.values() if item.invoice_id == invoice_id]


def _told(void: InvoiceVoid, invoice: Invoice, owed: Sequence[Item], figures: AccountFigures) -> InvoiceVoided:
    assert invoice.number is not None, "an issued invoice has a number"
    return InvoiceVoided(
        customer_id=invoice.wish.customer_id, origin=Origin.LIVE, account=figures, void_id=void.id,
        invoice_id=invoice.id, number=invoice.number, amount=Amount.of(invoice.totals.total),
        items=[VoidedItem(item_id=item.id, amount=Amount.of(item.amount)) for item in owed],
        effective_on=void.effective_on, reason=void.reason.value)

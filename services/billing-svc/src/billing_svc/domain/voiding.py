"""Voiding: an issued invoice that should not be is cancelled by a fact of its own; it keeps its number.

Only while nothing of it is allocated or in dispute, and only while nobody outside has it: what was delivered or
reported is credited, never voided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.invoice import Invoice, InvoiceStatus
from billing_svc.domain.item import Item
from billing_svc.domain.journal import journal_of_invoice, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide, Origin
from billing_svc.domain.posting_dates import Books, Step, earliest_day
from dunlin_kernel.errors import Conflict, RuleBroken


class VoidReason(StrEnum):
    ISSUED_IN_ERROR = "issued_in_error"
    WRONG_CUSTOMER = "wrong_customer"
    WRONG_CONTENT = "wrong_content"
    ORDER_CANCELLED = "order_cancelled"


@dataclass(frozen=True, slots=True)
class VoidWish:
    """`effective_on` None means the issue date, or the first open day after it."""

    invoice_id: UUID
    reason: VoidReason
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class InvoiceVoid:
    """The fact that an invoice was voided: nothing of it is owed from `effective_on` on."""

    id: UUID
    invoice_id: UUID
    reason: VoidReason
    effective_on: date


def voidable(invoice: Invoice, items: Sequence[Item], *, credited: bool) -> Invoice:
    """The invoice itself; `credited`: a credit note for it stands.

    Refuses: not_issued, invoice_delivered, invoice_in_use.
    """
    if invoice.status is not InvoiceStatus.ISSUED:
        raise RuleBroken("not_issued", "Only an issued invoice can be voided.", status=invoice.status.value)
    if invoice.wish.origin is Origin.IMPORT:
        raise Conflict("invoice_delivered", "It was issued and delivered by the older ledger; credit it instead.")
    if credited:
        raise Conflict("invoice_in_use", "A credit note for it stands; cancel that first.")
    for item in items:
        if item.open != item.amount or not item.disputed.is_zero:
            raise Conflict("invoice_in_use", "Part of it is paid or in dispute; undo that first, or credit it.",
                           open=item.open, disputed=item.disputed)
    return invoice


def void_on(wish: VoidWish, items: Sequence[Item], steps: Sequence[Sequence[Step]], books: Books) -> date:
    """The day on which it takes effect: never where one of its items was still used on that day or later.

    `steps` are the ledger entries of each item so far.

    Refuses: effective_too_early, effective_in_future, period_locked.
    """
    able = [earliest_day(moved, item.amount.minor) for item, moved in zip(items, steps, strict=True)]
    return books.day_of(wish.effective_on, default=items[0].effective_on, not_before=max(able))


def fact_of_void(void: InvoiceVoid, invoice: Invoice, items: Sequence[Item]) -> Fact:
    """Nothing is owed for it any more, and neither revenue nor tax was earned by it."""
    return Fact(
        FactKind.INVOICE_VOIDED, void.id, invoice.wish.customer_id, invoice.wish.currency, void.effective_on,
        tuple(Entry(LedgerSide.RECEIVABLE, item.id, -item.amount) for item in items),
        reversed_journal(journal_of_invoice(invoice.totals.net, invoice.totals.tax)))

"""Issue credit notes: each takes its number, becomes the customer's credit, pays its own invoice first, also what was
lost of it, and takes its share of a discount back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.allocation import Allocation, allocate_contested_first
from billing_svc.domain.credit_note import (
    CreditNote,
    IssueCreditNote,
    credit_note_of,
    credited_lines,
    fact_of_credit_note,
)
from billing_svc.domain.dispute import DisputeOutcome, settle_by_hand
from billing_svc.domain.invoice import Invoice
from billing_svc.domain.item import ItemKind
from billing_svc.domain.numbering import series_named
from billing_svc.domain.proposal import alone
from billing_svc.store import credit_notes, invoices, items, number_series, pending_payments
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.held_losses import HeldLosses
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.returning_discounts import ReturningDiscounts
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_credit_notes import CreditNoteIssued, CreditNoteLine
from dunlin_kernel.errors import Conflict
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class IssuedCreditNote:
    """The note, and what it paid of its own invoice; the rest of it stays on the account."""
    wish: IssueCreditNote
    note: CreditNote
    allocations: tuple[Allocation, ...]


async def issue_credit_note(
    tx: Transaction, wishes: Sequence[IssueCreditNote], *, approved: bool = False,
) -> list[IssuedCreditNote]:
    """Issue credit notes, in order; all or none. `approved`: by a second person.

    Refuses: invoice_not_found, second_person_needed, and what `enter_credit_notes` refuses.
    """
    named = await invoices.by_id(tx, [wish.invoice_id for wish in wishes])
    posting = await open_posting(tx, [one.account for one in named.values()], pending_payments.POLICY)
    issued = await enter_credit_notes(posting, wishes)
    if not approved:
        for one in issued:
            alone(one.note.amount, pending_payments.policy_of(posting.beside[0]))
    return issued


async def enter_credit_notes(posting: Posting, wishes: Sequence[IssueCreditNote]) -> list[IssuedCreditNote]:
    """Issue credit notes in a posting that holds their accounts, and keep all that it moved.

    Refuses: malformed_series, issued_before_series, and what `credited_lines` and the allocation refuse.
    """
    tx = posting.tx
    held = await invoices.by_id(tx, list({wish.invoice_id for wish in wishes}))
    owed = await items.of_invoices(tx, list(held))
    posting.items = {item.id: item for item in owed} | posting.items
    series = await number_series.lock(tx, {series_named(wish.series) for wish in wishes}, today=posting.tenant.today)
    issued: list[IssuedCreditNote] = []
    returning, losses = ReturningDiscounts(posting), HeldLosses(posting)
    for wish in wishes:
        invoice = held[wish.invoice_id]
        lines = credited_lines(wish, invoice, await returning.credited(invoice.id))
        day = posting.books.open_on(wish.issued_on or posting.tenant.today)
        number, series[wish.series] = series[wish.series].take(day)
        note = credit_note_of(wish, invoice, lines, number=number, issued_on=day)
        issued.append(await _entered(losses, wish, note, invoice, returning))
    for one in issued:
        credit_notes.add(tx, one.wish, one.note, recorded_at=posting.tenant.now)
    number_series.move(tx, *series.values())
    posting.save(fresh=[one.note.id for one in issued])
    return issued


async def _entered(
    losses: HeldLosses, wish: IssueCreditNote, unentered: CreditNote, invoice: Invoice, returning: ReturningDiscounts,
) -> IssuedCreditNote:
    posting, disputed = losses.posting, _accepted(losses.posting, wish)
    posting.credits[unentered.id] = unentered
    figures = posting.post(fact_of_credit_note(unentered))
    posting.tx.emit(_told(wish, unentered, invoice, figures))
    note = posting.credit_note(unentered.id)
    owed = [one for one in posting.items.values() if (one.invoice_id, one.kind) == (invoice.id, ItemKind.INVOICE)]
    made = await allocate_credit(
        posting, note, allocate_contested_first(note.unapplied, owed, disputed),
        AllocationDay(None, note.effective_on), reason=note.kind.value, origin=Origin.LIVE)
    made += await losses.pay(note.id, owed)
    paid = await returning.after(posting.credit_note(note.id), made, owed)
    return IssuedCreditNote(wish, posting.credit_note(note.id), paid)


def _accepted(posting: Posting, wish: IssueCreditNote) -> UUID | None:
    """Settle what the note accepts of a dispute, before it pays; the item of that dispute.

    Refuses: dispute_settled, more_than_disputed.
    """
    if wish.dispute_id is None:
        return None
    if (dispute := posting.disputes.get(wish.dispute_id)) is None:
        raise Conflict("dispute_settled", "This dispute was settled already.")
    amount = settle_by_hand(dispute, DisputeOutcome.ACCEPTED, wish.accepted)
    return posting.disputes.settle(posting, dispute, DisputeOutcome.ACCEPTED, amount).item_id


def _told(wish: IssueCreditNote, note: CreditNote, invoice: Invoice, figures: AccountFigures) -> CreditNoteIssued:
    product = {line.position: line.sold.product for line in invoice.totals.lines}
    return CreditNoteIssued(
        customer_id=note.customer_id, origin=Origin.LIVE, account=figures, credit_note_id=note.id, number=note.number,
        external_id=wish.external_id, invoice_id=note.invoice_id, issued_on=note.effective_on, net=Amount.of(note.net),
        tax=Amount.of(note.tax), amount=Amount.of(note.amount), reason=note.reason.value,
        lines=[CreditNoteLine(position=line.position, product=product[line.position], net=Amount.of(line.net),
                              tax=Amount.of(line.tax)) for line in note.lines])

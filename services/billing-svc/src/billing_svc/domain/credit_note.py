"""Credit notes: a credit linked to lines of one invoice, capped at what is left of each line, net and tax.

The tax of a credited part mirrors the line's own tax, whatever rule rounded it: all that was credited of a line so far
has its share of the line's tax, so that a line that is wholly credited has all of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.invoice import Invoice, InvoiceStatus
from billing_svc.domain.invoice_totals import Line
from billing_svc.domain.journal import journal_of_credit_note, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.reversal import CreditReversal
from dunlin_kernel.errors import Conflict, NotFound, RuleBroken
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money, sum_money

DEFAULT_SERIES = "CN"


class CreditNoteReason(StrEnum):
    GOODS_RETURNED = "goods_returned"
    NOT_DELIVERED = "not_delivered"
    QUALITY = "quality"
    PRICE_CORRECTION = "price_correction"
    REBATE = "rebate"
    INVOICED_IN_ERROR = "invoiced_in_error"
    DISPUTE_ACCEPTED = "dispute_accepted"


class CancelReason(StrEnum):
    """`issued_in_error` is a correction and takes the note's own day; `withdrawn` counts from its own day on."""

    ISSUED_IN_ERROR = "issued_in_error"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class LineWish:
    """So much net of the invoice line at this position; None means all that is left of it."""

    position: int
    net: Money | None = None


@dataclass(frozen=True, slots=True)
class IssueCreditNote:
    """The wish for a credit note. Without lines it credits all that is left of the invoice; `issued_on` None: today.
    With `dispute_id`, so much of that dispute is `accepted` by it."""

    id: UUID
    invoice_id: UUID
    reason: CreditNoteReason
    lines: tuple[LineWish, ...] = ()
    series: str = DEFAULT_SERIES
    issued_on: date | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    dispute_id: UUID | None = None
    accepted: Money | None = None


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """What is credited of the invoice line at this position."""

    position: int
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote(Credit):
    """A credit note, as a credit and as a document; once cancelled it keeps its number and nothing of it counts."""

    kind: CreditKind = CreditKind.CREDIT_NOTE
    invoice_id: UUID
    number: str
    reason: CreditNoteReason
    lines: tuple[CreditedLine, ...]
    cancelled: bool = False

    @property
    def net(self) -> Money:
        return sum_money(self.amount.currency, (line.net for line in self.lines))

    @property
    def tax(self) -> Money:
        return sum_money(self.amount.currency, (line.tax for line in self.lines))

    def standing(self) -> "CreditNote":
        """Refuses: credit_note_cancelled."""
        if self.cancelled:
            raise Conflict("credit_note_cancelled", "This credit note was cancelled already.", credit_note_id=self.id)
        return self


def credited_lines(
    wish: IssueCreditNote, invoice: Invoice, before: Iterable[CreditedLine],
) -> tuple[CreditedLine, ...]:
    """What the note credits; `before` is what notes that stand have credited of this invoice.

    Refuses: not_issued, line_not_found, line_named_twice, amount_not_positive, currency_mismatch, more_than_line,
    nothing_to_credit.
    """
    if invoice.status is not InvoiceStatus.ISSUED:
        raise RuleBroken("not_issued", "Only an issued invoice is credited.", status=invoice.status.value)
    owed = {line.position: line for line in invoice.totals.lines}
    done = by_position(before)
    if not wish.lines:
        return _something(credit_of(line, done.get(line.position), None) for line in owed.values())
    if len({one.position for one in wish.lines}) < len(wish.lines):
        raise RuleBroken("line_named_twice", "Name each line once, with the whole amount for it.")
    made = []
    for one in wish.lines:
        if one.position not in owed:
            raise NotFound("line_not_found", "The invoice has no such line.", line=one.position)
        if one.net is not None and not one.net.is_positive:
            raise RuleBroken("amount_not_positive", "Each line is credited with an amount above zero.",
                             line=one.position)
        made.append(credit_of(owed[one.position], done.get(one.position), one.net))
    return _something(made)


def credit_of(line: Line, done: CreditedLine | None, net: Money | None) -> CreditedLine:
    """So much net of a line of which `done` is credited already, with its share of the tax.

    Refuses: currency_mismatch, more_than_line.
    """
    before = done or CreditedLine(line.position, Money.zero(line.net.currency), Money.zero(line.net.currency))
    left = line.net - before.net
    wanted = left if net is None else net
    if wanted > left:
        raise RuleBroken("more_than_line", "This is more than is left of the line.", line=line.position, left=left)
    whole, credited = line.net.minor, (before.net + wanted).minor
    share = (2 * line.tax.minor * credited + whole) // (2 * whole) if whole else line.tax.minor
    tax = max(share - before.tax.minor, 0)  # a cancelled note may leave a later one that took the cent of both
    return CreditedLine(line.position, wanted, Money(tax, line.tax.currency))


def credit_note_of(
    wish: IssueCreditNote, invoice: Invoice, lines: Sequence[CreditedLine], *, number: str, issued_on: date,
) -> CreditNote:
    """The note before it is entered. Refuses: effective_too_early."""
    assert invoice.issued_on is not None, "an issued invoice has a date"
    if issued_on < invoice.issued_on:
        raise RuleBroken("effective_too_early", "A credit note is issued no earlier than its invoice.",
                         earliest=invoice.issued_on)
    currency = invoice.wish.currency
    amount = sum_money(currency, (line.net + line.tax for line in lines))
    return CreditNote(
        wish.id, invoice.wish.customer_id, amount, Money.zero(currency), issued_on, issued_on, issued_on, 0,
        invoice_id=invoice.id, number=number, reason=wish.reason, lines=tuple(lines))


def cancelled(note: CreditNote) -> CreditNote:
    """The same note, of which nothing counts any more."""
    return replace(note, cancelled=True, version=note.version + 1)


def fact_of_credit_note(note: CreditNote) -> Fact:
    """So much less was earned, in revenue and tax, and the customer has it as credit."""
    return Fact(
        FactKind.CREDIT_NOTE_ISSUED, note.id, note.customer_id, note.amount.currency, note.effective_on,
        (Entry(LedgerSide.CREDIT, note.id, note.amount),), journal_of_credit_note(note.net, note.tax))


def fact_of_cancellation(reversal: CreditReversal, note: CreditNote) -> Fact:
    """It was earned after all, and the customer's credit is gone."""
    return Fact(
        FactKind.CREDIT_NOTE_CANCELLED, reversal.id, note.customer_id, note.amount.currency, reversal.effective_on,
        (Entry(LedgerSide.CREDIT, note.id, -note.amount),),
        reversed_journal(journal_of_credit_note(note.net, note.tax)))


def by_position(lines: Iterable[CreditedLine]) -> dict[int, CreditedLine]:
    """What was credited of each line so far."""
    summed: dict[int, CreditedLine] = {}
    for line in lines:
        before = summed.get(line.position)
        summed[line.position] = line if before is None else CreditedLine(
            line.position, before.net + line.net, before.tax + line.tax)
    return summed


def _something(lines: Iterable[CreditedLine]) -> tuple[CreditedLine, ...]:
    made = tuple(line for line in lines if not line.net.is_zero or not line.tax.is_zero)
    if not made:
        raise RuleBroken("nothing_to_credit", "Nothing is left of these lines.")
    return made

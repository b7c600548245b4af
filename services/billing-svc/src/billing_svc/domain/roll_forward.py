"""Roll-forward: opening, plus and minus every movement of a period, is closing; each fact falls in one line of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from billing_svc.domain.ledger import FactKind
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money, sum_money


class RollLine(StrEnum):
    """What moved receivables; `exchange` stands only in base currency."""

    INVOICES = "invoices"
    INTEREST = "interest"
    FEES = "fees"
    CREDITS = "credits"
    CASH = "cash"
    DISCOUNTS = "discounts"
    DIFFERENCES = "differences"
    WRITE_OFFS = "write_offs"
    TRANSFERS = "transfers"
    RECLAIMS = "reclaims"
    EXCHANGE = "exchange"


_LINE_OF: Mapping[str, RollLine | None] = {
    "invoice_issued": RollLine.INVOICES,
    "invoice_voided": RollLine.INVOICES,
    "interest_charged": RollLine.INTEREST,
    "interest_waived": RollLine.INTEREST,
    "fee_charged": RollLine.FEES,
    "fee_waived": RollLine.FEES,
    "payment_confirmed": None,
    "payment_reversed": None,
    "credit_note_issued": None,
    "credit_note_cancelled": None,
    "credit_allocated": RollLine.CASH,
    "allocation_reversed": RollLine.CASH,
    "credit_exchanged": None,
    "credit_exchange_reversed": None,
    "credit_transferred": None,
    "refund_paid": None,
    "refund_reversed": None,
    "refund_reclaimed": RollLine.RECLAIMS,
    "discount_granted": RollLine.DISCOUNTS,
    "discount_reversed": RollLine.DISCOUNTS,
    "difference_closed": RollLine.DIFFERENCES,
    "difference_reversed": RollLine.DIFFERENCES,
    "debt_written_off": RollLine.WRITE_OFFS,
    "debt_recovered": RollLine.WRITE_OFFS,
    "recovery_reversed": RollLine.WRITE_OFFS,
    "write_off_reversed": RollLine.WRITE_OFFS,
    "debt_sold": RollLine.TRANSFERS,
    "debt_repurchased": RollLine.TRANSFERS,
    "debt_transferred": RollLine.TRANSFERS,
    "bill_received": RollLine.TRANSFERS,
    "bill_held": RollLine.TRANSFERS,
    "bill_dishonoured": RollLine.TRANSFERS,
    "compensation_received": None,
    "compensation_shared": None,
    "compensation_reversed": None,
}
"""Where a fact that moves receivables stands; None for one that moves none. An allocation of a credit note is a
credit."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the facts of one kind did to receivables in one currency; `exchange` is what they gained in base currency.

    `credit_kind` is that of the credit, where they are allocations; `discount` (and in base currency) is what was let
    off with those, a part of the amount.
    """

    fact_kind: FactKind
    credit_kind: str | None
    amount: Money
    base: Money
    exchange: Money
    discount: tuple[Money, Money] | None = None


@dataclass(frozen=True, slots=True)
class RollForward:
    """One currency over a period: `lines` has every line, in it and in base currency."""

    opening: Money
    opening_base: Money
    lines: Mapping[RollLine, tuple[Money, Money]]
    closing: Money
    closing_base: Money


def line_of(fact_kind: str, credit_kind: str | None) -> RollLine | None:
    """The line of a fact: known for every kind there is."""
    line = _LINE_OF[fact_kind]
    return RollLine.CREDITS if line is RollLine.CASH and credit_kind == "credit_note" else line


def kinds_of(line: RollLine) -> list[str]:
    """The facts that stand in a line."""
    return [kind for kind, stands_in in _LINE_OF.items() if stands_in is line]


def roll(opening: tuple[Money, Money], moved: Iterable[Moved], control: tuple[Money, Money]) -> RollForward:
    """The roll-forward whose closing is the control of the journal, in the currency and in base currency.

    Refuses: report_does_not_tie.
    """
    (start, start_base), zero, zero_base = opening, Money.zero(opening[0].currency), Money.zero(opening[1].currency)
    lines = dict.fromkeys(RollLine, (zero, zero_base))
    for one in moved:
        line = line_of(one.fact_kind.value, one.credit_kind)
        assert line is not None, f"{one.fact_kind} moves no receivables"
        off, off_base = one.discount or (zero, zero_base)
        _add(lines, line, one.amount - off, one.base - one.exchange - off_base)
        _add(lines, RollLine.DISCOUNTS, off, off_base)
        _add(lines, RollLine.EXCHANGE, zero, one.exchange)
    closing = start + sum_money(start.currency, (amount for amount, _ in lines.values()))
    closing_base = start_base + sum_money(start_base.currency, (base for _, base in lines.values()))
    if (closing, closing_base) != control:
        raise Conflict("report_does_not_tie", "Opening and movements do not sum to the control of the journal.",
                       currency=closing.currency, closing=closing, control=control[0])
    return RollForward(start, start_base, lines, closing, closing_base)


def _add(lines: dict[RollLine, tuple[Money, Money]], line: RollLine, amount: Money, base: Money) -> None:
    before, before_base = lines[line]
    lines[line] = before + amount, before_base + base


@dataclass(frozen=True, slots=True)
class Receipts:
    """All money of payments up to a day, in one currency: it is used, left or given back. `paid_out` is all that was
    refunded, also of other credits: the bank has what was received and not paid out."""

    received: Money
    bank: Money
    allocated: Money
    unapplied: Money
    refunded: Money
    exchanged: Money
    paid_out: Money


def receipts_tied(receipts: Receipts) -> Receipts:
    """Refuses: report_does_not_tie."""
    used = receipts.allocated + receipts.unapplied + receipts.refunded + receipts.exchanged
    if receipts.received != used or receipts.bank != receipts.received - receipts.paid_out:
        raise Conflict("report_does_not_tie", "Receipts are not what is in the bank, allocated, left and refunded.",
                       currency=used.currency, received=receipts.received, used=used, bank=receipts.bank)
    return receipts

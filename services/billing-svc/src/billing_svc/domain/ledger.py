"""The ledger: every fact is a set of signed entries on items and credits, and a balanced journal behind them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.journal import JournalLine
from dunlin_kernel.money import Money


class FactKind(StrEnum):
    INVOICE_ISSUED = "invoice_issued"
    INVOICE_VOIDED = "invoice_voided"
    FEE_CHARGED = "fee_charged"
    FEE_WAIVED = "fee_waived"
    INTEREST_CHARGED = "interest_charged"
    INTEREST_WAIVED = "interest_waived"
    DEBT_WRITTEN_OFF = "debt_written_off"
    DEBT_RECOVERED = "debt_recovered"
    RECOVERY_REVERSED = "recovery_reversed"
    WRITE_OFF_REVERSED = "write_off_reversed"
    PAYMENT_CONFIRMED = "payment_confirmed"
    CREDIT_NOTE_ISSUED = "credit_note_issued"
    CREDIT_NOTE_CANCELLED = "credit_note_cancelled"
    DIFFERENCE_CLOSED = "difference_closed"
    DIFFERENCE_REVERSED = "difference_reversed"
    REFUND_PAID = "refund_paid"
    REFUND_REVERSED = "refund_reversed"
    REFUND_RECLAIMED = "refund_reclaimed"
    CREDIT_EXCHANGED = "credit_exchanged"
    CREDIT_EXCHANGE_REVERSED = "credit_exchange_reversed"
    CREDIT_TRANSFERRED = "credit_transferred"
    DEBT_TRANSFERRED = "debt_transferred"
    CREDIT_ALLOCATED = "credit_allocated"
    ALLOCATION_REVERSED = "allocation_reversed"
    PAYMENT_REVERSED = "payment_reversed"
    BILL_RECEIVED = "bill_received"
    BILL_HELD = "bill_held"
    BILL_DISHONOURED = "bill_dishonoured"
    COMPENSATION_RECEIVED = "compensation_received"
    COMPENSATION_SHARED = "compensation_shared"
    COMPENSATION_REVERSED = "compensation_reversed"


OPENING = (FactKind.INVOICE_ISSUED, FactKind.FEE_CHARGED, FactKind.INTEREST_CHARGED, FactKind.REFUND_RECLAIMED,
           FactKind.BILL_HELD)
"""Those that open an item, on the item's own effective day; any other moves what is open of one that is there."""


OF_THIRD_PARTIES = (FactKind.COMPENSATION_RECEIVED, FactKind.COMPENSATION_SHARED, FactKind.COMPENSATION_REVERSED)


class LedgerSide(StrEnum):
    """`receivable`: what the customer owes; `credit`: what the customer has paid and not used (a liability)."""

    RECEIVABLE = "receivable"
    CREDIT = "credit"


class Origin(StrEnum):
    """`import`: taken over from an older ledger in opening mode."""

    LIVE = "live"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a fact does to one item (receivable) or one credit: `ref_id` names it, `amount` is signed.

    `base` is the amount in the tenant's own currency, of an entry in another one.
    """

    side: LedgerSide
    ref_id: UUID
    amount: Money
    base: Money | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One money fact on one customer's account: its entries and journal, effective on one day.

    `undoes` names the fact that this one takes back: what it gives back is carried for what was taken then. Money of
    third parties moves nothing of the customer's: it is booked, and has no entries.
    """

    kind: FactKind
    id: UUID
    customer_id: UUID
    currency: str
    effective_on: date
    entries: tuple[Entry, ...]
    journal: tuple[JournalLine, ...]
    undoes: UUID | None = None

    def __post_init__(self) -> None:
        assert self.entries or self.kind in OF_THIRD_PARTIES, "a fact moves something"
        assert all(not entry.amount.is_zero for entry in self.entries), "an entry says something"
        assert sum(line.amount.minor for line in self.journal) == 0, "a journal balances"
        if all(line.base is not None for line in self.journal):
            assert sum(line.base.minor for line in self.journal if line.base) == 0, "it balances in base currency"
        assert {line.amount.currency for line in self.journal} == {self.currency}, "a fact is in one currency"

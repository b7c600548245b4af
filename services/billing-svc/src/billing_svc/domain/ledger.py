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
    PAYMENT_CONFIRMED = "payment_confirmed"
    CREDIT_ALLOCATED = "credit_allocated"
    ALLOCATION_REVERSED = "allocation_reversed"
    PAYMENT_REVERSED = "payment_reversed"


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
    """What a fact does to one item (receivable) or one credit: `ref_id` names it, `amount` is signed."""

    side: LedgerSide
    ref_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Fact:
    """One money fact on one customer's account: its entries and journal, effective on one day."""

    kind: FactKind
    id: UUID
    customer_id: UUID
    currency: str
    effective_on: date
    entries: tuple[Entry, ...]
    journal: tuple[JournalLine, ...]

    def __post_init__(self) -> None:
        assert self.entries, "a fact moves something"
        assert all(not entry.amount.is_zero for entry in self.entries), "an entry says something"
        assert sum(line.amount.minor for line in self.journal) == 0, "a journal balances"
        assert {line.amount.currency for line in self.journal} == {self.currency}, "a fact is in one currency"

"""Items: one amount owed by one customer on one due date, and how an entry moves what is open of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.discount import Discount, DiscountOffer
from billing_svc.domain.ledger import Entry
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


class ItemKind(StrEnum):
    """What is owed: part of an invoice, interest on one of its items, a fee, or a refund of money that did not arrive
    after all. Each stands on an item of its own. A bill of exchange is owed on its own day for what it settled."""

    INVOICE = "invoice"
    INTEREST = "interest"
    FEE = "fee"
    RECLAIM = "reclaim"
    BILL = "bill"


@dataclass(frozen=True, slots=True)
class Item:
    """`raised_on` is the last effective day on which `open` rose; from then on it has only fallen.

    `number` is that of its document: the invoice, or the charge of interest or fee, which names the invoice and the
    item that it comes from (`invoice_id`, `claim_item_id`) where there are any. `instalment` counts 1 to `instalments`.
    `due_on` is contractual; by an arrangement another date may stand (`stands_due_on`), as a later `due_version`.
    `written_off` (None: nothing) is net of what was recovered.
    """

    id: UUID
    invoice_id: UUID | None
    number: str
    customer_id: UUID
    amount: Money
    open: Money
    disputed: Money
    effective_on: date
    raised_on: date
    due_on: date
    due_version: int
    kind: ItemKind = ItemKind.INVOICE
    claim_item_id: UUID | None = None
    instalment: int = 1
    instalments: int = 1
    standing_due_on: date | None = None
    arrangement_id: UUID | None = None
    written_off: Money | None = None
    offer: DiscountOffer | None = None

    def discount_on(self, paid_on: date) -> Discount | None:
        """What is let off the rest of it when that is paid by then; None when nothing is, or part is disputed."""
        if self.offer is None or max(paid_on, self.effective_on) > self.offer.until or not self.disputed.is_zero:
            return None
        discount = self.offer.on(self.open)
        return discount if Money.zero(self.open.currency) < discount.total < self.open else None

    @property
    def undisputed(self) -> Money:
        return self.open - self.disputed

    @property
    def lost(self) -> Money:
        """What was written off of it and not recovered: not in the books, but claimed still."""
        return self.written_off or Money.zero(self.amount.currency)

    def losing(self, by: Money) -> "Item":
        """The item after so much more of it (or less, where negative) is written off."""
        moved = replace(self, written_off=self.lost + by)
        assert not moved.lost.is_negative, "no more is recovered than was written off"
        assert moved.lost + moved.open <= self.amount, "no more is written off than was owed"
        return moved

    @property
    def stands_due_on(self) -> date:
        return self.standing_due_on or self.due_on

    def due_by(self, due_on: date, arrangement_id: UUID | None) -> "Item":
        """The item with another due date, by an arrangement or (None) as it was before any."""
        return replace(self, standing_due_on=due_on, arrangement_id=arrangement_id, due_version=self.due_version + 1)

    @property
    def is_settled(self) -> bool:
        return self.open.is_zero

    def after(self, entry: Entry, effective_on: date) -> "Item":
        """The item right after this entry."""
        moved = replace(
            self, open=self.open + entry.amount,
            raised_on=max(self.raised_on, effective_on) if entry.amount.is_positive else self.raised_on)
        assert not moved.open.is_negative, "never paid beyond what is owed"
        assert moved.open <= self.amount, "never open beyond what was owed"
        assert moved.disputed <= moved.open, "disputes give way before what is open falls below them"
        return moved

    def disputing(self, by: Money) -> "Item":
        """The item after so much more of it (or less, where negative) is disputed."""
        moved = replace(self, disputed=self.disputed + by)
        assert not moved.disputed.is_negative, "what is disputed is never below zero"
        assert moved.disputed <= moved.open, "no more is disputed than is open"
        return moved

"""The open disputes of the accounts that a posting holds: how they are settled, and how they give way to money."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from billing_svc.domain.credit import CreditKind
from billing_svc.domain.dispute import Dispute, DisputeOutcome, Settlement, giving_way
from billing_svc.domain.ledger import Fact, LedgerSide
from billing_svc.store import audit, disputes
from billing_svc.usecases.move_of import move_of
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_disputes import DisputeSettled
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

if TYPE_CHECKING:
    from billing_svc.usecases.posting import Posting


class HeldDisputes:
    """As they stand after the facts so far."""

    def __init__(self, held: Iterable[Dispute] = ()) -> None:
        self._held = {dispute.id: dispute for dispute in held}

    def get(self, dispute_id: UUID) -> Dispute | None:
        """None when it is settled, or of another account."""
        return self._held.get(dispute_id)

    def add(self, dispute: Dispute) -> None:
        self._held[dispute.id] = dispute

    def give_way(self, posting: "Posting", fact: Fact) -> None:
        """Before a fact lowers what is open of an item below what is disputed: the disputes end by so much first."""
        if not self._held:
            return
        outcome = DisputeOutcome.PAID if _is_money(posting, fact) else DisputeOutcome.ACCEPTED
        for entry in fact.entries:
            if entry.side is LedgerSide.RECEIVABLE and entry.amount.is_negative:
                item = posting.items[entry.ref_id]
                of_item = [one for one in self._held.values() if one.item_id == item.id]
                for dispute, part in giving_way(of_item, item, -entry.amount):
                    self.settle(posting, dispute, outcome, part)

    def settle(self, posting: "Posting", dispute: Dispute, outcome: DisputeOutcome, amount: Money) -> Dispute:
        """Settle so much of a dispute, and tell it."""
        after = self._held[dispute.id] = dispute.less(amount)
        figures = posting.dispute(dispute.item_id, -amount)
        item, now = posting.items[dispute.item_id], posting.tenant.now
        settlement = Settlement(new_id(), dispute.id, outcome, amount, posting.tenant.today)
        disputes.settle(posting.tx, after, settlement, recorded_at=now)
        audit.add(posting.tx, "dispute_settled", dispute.id, customer_id=dispute.customer_id, recorded_at=now,
                  before={"disputed": str(dispute.rest)}, after={"disputed": str(after.rest), "outcome": outcome.value})
        posting.tx.emit(DisputeSettled(
            customer_id=dispute.customer_id, origin=Origin.LIVE, account=figures, dispute_id=dispute.id,
            invoice_id=item.invoice_id, number=item.number, amount=Amount.of(amount), rest=Amount.of(after.rest),
            outcome=outcome.value, settled_on=settlement.settled_on, items=[
                move_of(item, Money.zero(amount.currency))]))
        return after


def _is_money(posting: "Posting", fact: Fact) -> bool:
    """Whether it is money that settles, also money that came in another currency."""
    used = [posting.credits[entry.ref_id] for entry in fact.entries if entry.side is LedgerSide.CREDIT]
    return any(credit.kind is not CreditKind.CREDIT_NOTE for credit in used)

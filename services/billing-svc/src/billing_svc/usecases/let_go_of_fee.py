"""Let a fee go in a posting: what was paid of it is given back, the waiver is entered and told."""

from collections.abc import Collection

from billing_svc.domain.fee_waiver import FeeWaiver, fact_of_fee_waiver
from billing_svc.domain.interest_charge import GivenBack
from billing_svc.store import fee_waivers
from billing_svc.usecases.charging_interest import give_back
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_charges import FeeWaived


async def let_go_of_fee(posting: Posting, waiver: FeeWaiver, back: Collection[GivenBack]) -> None:
    """`back` is what was paid of that part of the fee: the customer's credit again."""
    await give_back(posting, back, waiver.reason.value, lambda: _enter(posting, waiver))


def _enter(posting: Posting, waiver: FeeWaiver) -> None:
    figures = posting.post(fact_of_fee_waiver(waiver))
    after = posting.items[waiver.item_id]
    fee_waivers.add(posting.tx, waiver, recorded_at=posting.tenant.now)
    posting.tx.emit(FeeWaived(
        customer_id=waiver.customer_id, origin=Origin.LIVE, account=figures, waiver_id=waiver.id, number=after.number,
        invoice_id=after.invoice_id, claim_item_id=after.claim_item_id, amount=Amount.of(waiver.amount),
        waived_on=waiver.effective_on, reason=waiver.reason.value, items=[
            move_of(after, -waiver.amount)]))

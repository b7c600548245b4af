"""What billing tells of interest before it is charged."""

from credit_svc.domain.position import CreditPosition
from dunlin_events.contracts.billing_accruals import InterestAccrued
from dunlin_events.subscription import Subscription


def hear_interest(billing: Subscription[CreditPosition]) -> None:
    """Fold it."""
    billing.on(InterestAccrued)(interest_accrued)


def interest_accrued(event: InterestAccrued, position: CreditPosition) -> CreditPosition:
    """What a run of that day would charge; no money moves."""
    return position.accruing(event.amount.money, at=event.heard.sequence)

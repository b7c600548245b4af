"""Rate a customer now, because a person asks."""

from uuid import UUID

from credit_svc.domain.review import RatingCause
from credit_svc.store import mergers
from credit_svc.store.ratings import CreditRating
from credit_svc.usecases.make_rating import make_rating
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def rate_customer(tx: Transaction, customer_id: UUID) -> CreditRating:
    """Refuses: tenant_not_known_yet, customer_not_known_yet, customer_merged, nothing_to_rate."""
    await mergers.check_not_merged(tx, customer_id)
    return await make_rating(tx, customer_id, await present(tx), RatingCause.REQUESTED)

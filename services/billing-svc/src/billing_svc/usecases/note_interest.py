"""Note which items have something to be reckoned for interest, by what moved on their accounts."""

from billing_svc.store import interest, interest_waiting
from billing_svc.store.accounts import AccountKey
from dunlin_kit.transaction import Transaction


async def note_interest(tx: Transaction, most: int, after: AccountKey | None) -> AccountKey | None:
    """Up to `most` accounts after this one; the last of them, None when there is no other or no rule."""
    policy = await interest.policy_in_force(tx)
    return await interest_waiting.note(tx, after, most) if policy.rules else None

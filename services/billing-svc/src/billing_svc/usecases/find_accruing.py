"""Find the accounts on which interest may have accrued up to a day."""

from datetime import date

from billing_svc.store import interest, interest_waiting
from billing_svc.store.accounts import AccountKey
from dunlin_kit.transaction import Transaction


async def find_accruing(tx: Transaction, today: date) -> list[AccountKey]:
    """Those that were not told of up to this day; without a rule only those on which something had accrued."""
    policy = await interest.policy_in_force(tx)
    return await interest_waiting.accounts(tx, today, ruled=bool(policy.rules))

"""Age accounts: those with an item that has come into another bucket, a slice at a time."""

from billing_svc.store import account_turns
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

ITEMS_EACH = 40


async def age_accounts(tx: Transaction, most: int = 100) -> bool:
    """Bring up to `most` of them to today, fewer where they have many items, whatever day is turned: what is kept is
    for who asks now; True when there may be more."""
    today = (await present(tx)).today
    found = await account_turns.turning(tx, today, most=most, items=most * ITEMS_EACH)
    if found:
        await account_turns.age(tx, await account_turns.hold_free(tx, found), today)
    return bool(found)

"""Age accounts: those with an item that has come into another bucket, a slice at a time."""

from billing_svc.store import account_turns
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SLICE = 150
SLICE_ITEMS = 6_000


async def age_accounts(tx: Transaction) -> bool:
    """Bring up to a slice of them to today, whatever day is turned: what is kept is for who asks now; True when there
    may be more."""
    today = (await present(tx)).today
    found = await account_turns.turning(tx, today, most=SLICE, items=SLICE_ITEMS)
    if found:
        await account_turns.age(tx, await account_turns.hold_free(tx, found), today)
    return bool(found)

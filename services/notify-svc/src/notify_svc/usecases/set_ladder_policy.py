"""Set the ladder that every customer climbs whom no rule sends to another one."""

from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.domain.ladder_choice import STANDARD
from notify_svc.store.ladder_policies import SetPolicy
from notify_svc.usecases.set_ladder import set_ladder


async def set_ladder_policy(tx: Transaction, wanted: LadderPolicy, *, expected_version: int) -> SetPolicy:
    """Add the version after the expected one. What was sent stays sent. Refuses: etag_mismatch."""
    return await set_ladder(tx, STANDARD, wanted, expected_version=expected_version)

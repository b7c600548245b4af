"""Whoever is to work on something is a member of staff who is there."""

from dunlin_kernel.errors import RuleBroken
from dunlin_kit import staff
from dunlin_kit.transaction import Transaction


async def must_be_staff(tx: Transaction, code: str | None) -> None:
    """None is nobody in particular. Refuses: owner_not_known."""
    if code is not None and not await staff.is_known(tx, code):
        raise RuleBroken("owner_not_known", "No member of staff who is there has this code.")

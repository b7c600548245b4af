"""Whose rows a list shows: of all, of one member of staff, or one's own with those of whom one stands in for."""

from pydantic import Field

from dunlin_kit.auth import Principal
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.write_route import Tx

EVERYBODYS = Whose(None)
OwnerCode = Field(description="Who answers for the customer.")
StandingInFor = Field(description="With `owner=me`, the absent owner for whom one stands in.")


async def asked_for(tx: Tx, me: Principal, owner: Owner) -> Whose:
    """Refuses: tenant_not_known_yet."""
    if owner is None:
        return EVERYBODYS
    return await whose(tx, me.subject, owner, (await present(tx)).today)

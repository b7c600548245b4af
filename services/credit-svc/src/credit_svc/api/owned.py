"""Whose rows a list shows: of all, of one member of staff, or one's own with those of whom one stands in for."""

from collections.abc import Collection

from pydantic import Field

from dunlin_kit.auth import Principal
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.write_route import Tx

EVERYBODYS = Whose(None)
OwnerCode = Field(description="Who answers for the customer.")
GroupOwners = Field(description="Who answers for members of the group.")
StandingInFor = Field(description="With `owner=me`, the absent owner for whom one stands in.")


def standing_in_for_group(asked: Whose, owner_codes: Collection[str]) -> str | None:
    """Of those who answer for a group's members, the one for whom the asker stands in; None where it is one itself."""
    if asked.asker is None or asked.asker in owner_codes:
        return None
    return next((code for code in owner_codes if code in (asked.codes or ())), None)


async def asked_for(tx: Tx, me: Principal, owner: Owner) -> Whose:
    """Refuses: tenant_not_known_yet."""
    if owner is None:
        return EVERYBODYS
    return await whose(tx, me.subject, owner, (await present(tx)).today)

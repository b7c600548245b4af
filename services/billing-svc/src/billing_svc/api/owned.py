"""Whose rows a list shows: of all, of one member of staff, or one's own with those of whom one stands in for."""

from typing import Any

from pydantic import Field

from billing_svc.store.customer_names import Named
from dunlin_kit.auth import Principal
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.write_route import Tx

EVERYBODYS = Whose(None)
OwnerCode = Field(description="Who answers for the customer today.")
StandingInFor = Field(description="With `owner=me`, the absent owner for whom one stands in.")


async def asked_for(tx: Tx, me: Principal, owner: Owner) -> Whose:
    """Refuses: tenant_not_known_yet."""
    if owner is None:
        return EVERYBODYS
    return await whose(tx, me.subject, owner, (await present(tx)).today)


def narrowed(filters: dict[str, Any], asked: Whose) -> dict[str, Any]:
    """The filters of a list, and with them whose rows are asked for."""
    return filters if asked.codes is None else filters | {"owners": list(asked.codes)}


def names_of(one: Named) -> dict[str, Any]:
    """The fields of a row that name its customer."""
    return {"customer_number": one.number, "customer_name": one.name, "owner_code": one.owner_code}

"""How a list of rows that have an owner is narrowed to some, and how its rows name their customer."""

from typing import Any

from pydantic import Field

from billing_svc.store.customer_names import Named
from dunlin_kit.staff import Whose

OwnerCode = Field(description="Who answers for the customer today.")


def narrowed(filters: dict[str, Any], asked: Whose) -> dict[str, Any]:
    """The filters of a list, and with them whose rows are asked for."""
    return filters if asked.codes is None else filters | {"owners": list(asked.codes)}


def names_of(one: Named) -> dict[str, Any]:
    """The fields of a row that name its customer."""
    return {"customer_number": one.number, "customer_name": one.name, "owner_code": one.owner_code}

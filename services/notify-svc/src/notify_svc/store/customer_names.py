"""Under which number and name a customer is shown to people, and who answers for it."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from notify_svc.store.ladder_tables import CustomerRow

_NAMES = select(
    col(CustomerRow.customer_id), col(CustomerRow.number), col(CustomerRow.name), col(CustomerRow.owner_code),
).where(col(CustomerRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
_OWNERS = bindparam("owners", type_=ARRAY(Text))


class CustomerNamed(NamedTuple):
    """All None for one that customer-svc has not told of yet; a natural person's name stays there."""

    number: str | None = None
    name: str | None = None
    owner_code: str | None = None


def answered_by(customer_id: Any) -> Any:
    """Of the rows of a list, those whose customer is answered for by one of `owners`: a look by key for each row on
    the way through the list, so that no page joins all customers."""
    owner = select(col(CustomerRow.owner_code)).where(col(CustomerRow.customer_id) == customer_id)
    return owner.scalar_subquery() == _OWNERS.any_()


async def of(tx: Any, customer_ids: Iterable[UUID]) -> dict[UUID, CustomerNamed]:
    """One for each of these customers."""
    asked = set(customer_ids)
    rows = await tx.rows(_NAMES, customer_ids=sorted(asked)) if asked else ()
    known = {row["customer_id"]: CustomerNamed(row["number"], row["name"], row["owner_code"]) for row in rows}
    return {one: known.get(one, CustomerNamed()) for one in asked}


async def of_one(tx: Any, customer_id: UUID) -> CustomerNamed:
    return (await of(tx, [customer_id]))[customer_id]

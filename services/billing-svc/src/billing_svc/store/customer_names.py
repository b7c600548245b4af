"""How a row of a list names its customer: number, name and who answers for it, as heard last."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Text, Uuid, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.store.document_tables import CustomerRow
from dunlin_kit.transaction import Transaction

_c = CustomerRow.__table__.c
NAMES = (_c.number.label("customer_number"), _c.name.label("customer_name"), _c.owner_code)
OF_OWNERS = _c.owner_code == func.any(bindparam("owners", type_=ARRAY(Text)))
"""A condition of lists that are joined with customers: those for whom one of these answers today."""
BY_ID = select(_c.customer_id, *NAMES).where(_c.customer_id == func.any(bindparam("ids", type_=ARRAY(Uuid))))


@dataclass(frozen=True, slots=True)
class Named:
    """A customer in a row of a list; None of what was not heard yet."""

    number: str | None
    name: str | None
    owner_code: str | None


def named(row: Any) -> Named:
    """Of a row that was read with the columns `NAMES`."""
    return Named(row["customer_number"], row["customer_name"], row["owner_code"])


async def of(tx: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, Named]:
    """Of these customers, as far as they were heard of at all."""
    return {row["customer_id"]: named(row) for row in await tx.rows(BY_ID, ids=list(set(customer_ids)))}


def beside(page: CTE) -> Any:
    """The rows of a page that is cut, each with its customer. Of customers those of the page are looked up: a plain
    join would read all of them where there are some thousands."""
    of_page = func.any(func.array(select(page.c.customer_id).scalar_subquery()))
    return select(page, *NAMES).outerjoin_from(
        page, CustomerRow.__table__, and_(_c.customer_id == page.c.customer_id, _c.customer_id == of_page))

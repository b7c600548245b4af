"""Entries that share a whole name or a tax id with others, as rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Text, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.customer import Customer, CustomerStatus
from customer_svc.domain.name_search import folded
from customer_svc.store.customers import COLUMNS, customer_of
from customer_svc.store.tables import CustomerRow
from dunlin_kit.transaction import Transaction

_FOUND: Any = (
    select(*COLUMNS)
    .where(col(CustomerRow.status) != CustomerStatus.CLOSED.value, or_(
        col(CustomerRow.name_folded) == bindparam("names", type_=ARRAY(Text)).any_(),
        col(CustomerRow.tax_id) == bindparam("tax_ids", type_=ARRAY(Text)).any_()))
    .limit(bindparam("most", type_=Integer)))


async def some(tx: Transaction, customers: Sequence[Customer], most: int) -> list[Customer]:
    """Up to so many open entries with a name or a tax id of these, by number; some of these among them."""
    rows = await tx.rows(
        _FOUND, names=[folded(one.particulars.name) for one in customers],
        tax_ids=[one.particulars.tax_id for one in customers if one.particulars.tax_id], most=most)
    return sorted((customer_of(row) for row in rows), key=lambda one: one.number)

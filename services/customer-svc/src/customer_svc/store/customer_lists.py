"""Lists over the archive: filtered, sorted, a page at a time; and the search by any part of a name."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Text, Uuid, any_, bindparam, column, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.customer import Customer
from customer_svc.domain.name_search import folded, grams_of_query
from customer_svc.store.class_tables import CustomerClassRow
from customer_svc.store.customers import COLUMNS, customer_of
from customer_svc.store.tables import CustomerRow
from dunlin_kit.transaction import Transaction


class CustomerSort(StrEnum):
    """A minus in front turns the order round."""

    NUMBER = "number"
    NUMBER_DOWN = "-number"
    NAME = "name"
    NAME_DOWN = "-name"
    REGISTERED_AT = "registered_at"
    REGISTERED_AT_DOWN = "-registered_at"

    @property
    def field(self) -> str:
        return self.value.lstrip("-")

    @property
    def is_down(self) -> bool:
        return self.value.startswith("-")


_TYPES: dict[str, Any] = {"number": Text, "name": Text, "registered_at": DateTime(timezone=True)}
_FILTERS = ("status", "region", "industry", "external_id", "number", "source", "group_id", "owner_id")
_found_ids = (
    func.search_customers(
        bindparam("grams", type_=ARRAY(Text)), bindparam("part", type_=Text), bindparam("after_number", type_=Text),
        bindparam("wanted", type_=Integer))
    .table_valued(column("id", Uuid))
    .render_derived(name="found")
)
_SEARCH: Any = (
    select(*COLUMNS).join(_found_ids, col(CustomerRow.id) == _found_ids.c.id).order_by(col(CustomerRow.number)))


async def page(
    tx: Transaction, filters: Mapping[str, str], sort: CustomerSort, after: tuple[Any, ...] | None, limit: int
) -> list[Customer]:
    """Up to `limit` + 1 customers with these values of the fields of the list's form."""
    values: dict[str, Any] = {
        f"is_{name}": UUID(value) if name.endswith("_id") and name != "external_id" else value
        for name, value in filters.items()}
    if "metadata" in filters:
        values["metadata_key"], _, values["metadata_text"] = filters["metadata"].partition(":")
    if "in_class" in filters:
        values["class_dimension"], _, values["class_value"] = filters["in_class"].partition(":")
    if after is not None:
        at, last_id = after
        values |= {"after_at": datetime.fromisoformat(at) if sort.field == "registered_at" else at,
                   "after_id": UUID(last_id)}
    statement = _listing(frozenset(filters), sort, after is not None)
    return [customer_of(row) for row in await tx.rows(statement, wanted=limit + 1, **values)]


def key_of(customer: Customer, sort: CustomerSort) -> tuple[str, str]:
    """The key after which the next page begins."""
    at = {"number": customer.number, "name": customer.particulars.name,
          "registered_at": customer.registered_at.isoformat()}[sort.field]
    return at, str(customer.id)


async def search(tx: Transaction, query: str, after: tuple[Any, ...] | None, limit: int) -> list[Customer]:
    """Up to `limit` + 1 customers with the query in their name, by number. Refuses: empty_query, query_too_long."""
    rows = await tx.rows(
        _SEARCH, grams=sorted(grams_of_query(query)), part=folded(query), after_number=after[0] if after else "",
        wanted=limit + 1)
    return [customer_of(row) for row in rows]


@cache
def _listing(filters: frozenset[str], sort: CustomerSort, goes_on: bool) -> Any:
    """One statement text for each set of filters, sort and first or later page."""
    table = CustomerRow.__table__
    at, last = table.c[sort.field], table.c.id
    statement = select(*COLUMNS).limit(bindparam("wanted", type_=Integer))
    for name in _FILTERS:
        if name in filters:
            statement = statement.where(table.c[name] == bindparam(f"is_{name}", type_=table.c[name].type))
    if "tag" in filters:
        statement = statement.where(bindparam("is_tag", type_=Text) == any_(table.c.tags))
    if "metadata" in filters:
        value = table.c.labels[bindparam("metadata_key", type_=Text)].astext
        statement = statement.where(value == bindparam("metadata_text", type_=Text))
    if "in_class" in filters:
        held = CustomerClassRow.__table__
        statement = statement.where(exists().where(
            held.c.customer_id == table.c.id, held.c.dimension == bindparam("class_dimension", type_=Text),
            held.c.value == bindparam("class_value", type_=Text)))
    if goes_on:
        here = tuple_(at, last)
        key = tuple_(bindparam("after_at", type_=_TYPES[sort.field]), bindparam("after_id", type_=Uuid))
        statement = statement.where(here < key if sort.is_down else here > key)
    return statement.order_by(*((at.desc(), last.desc()) if sort.is_down else (at, last)))

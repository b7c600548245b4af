"""Customers as rows: read, locked, added, changed; and the series from which their numbers come."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from customer_svc.domain.customer import Customer, CustomerKind, CustomerStatus, Particulars, must_be_open
from customer_svc.domain.name_search import folded, grams_of
from customer_svc.domain.registration import Known, Registration
from customer_svc.domain.terms import Discount, Instalment, TermsOfTrade
from customer_svc.store.tables import CustomerRow, NumberSeriesRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction

COLUMNS = (
    col(CustomerRow.id), col(CustomerRow.number), col(CustomerRow.kind), col(CustomerRow.status), col(CustomerRow.name),
    col(CustomerRow.external_id), col(CustomerRow.tax_id), col(CustomerRow.region), col(CustomerRow.industry),
    col(CustomerRow.due_days), col(CustomerRow.end_of_month), col(CustomerRow.instalments),
    col(CustomerRow.discount_bps), col(CustomerRow.discount_within_days), col(CustomerRow.prepayment_bps),
    col(CustomerRow.cash_on_delivery), col(CustomerRow.source), col(CustomerRow.tags), col(CustomerRow.labels),
    col(CustomerRow.version), col(CustomerRow.registered_at), col(CustomerRow.group_id), col(CustomerRow.owner_id),
    col(CustomerRow.merged_into),
)
_READ: Any = select(*COLUMNS).where(col(CustomerRow.id) == bindparam("id"))
_LOCK: Any = _READ.with_for_update(key_share=True)
_KNOWN: Any = select(*COLUMNS).where(
    or_(
        col(CustomerRow.id) == bindparam("ids", type_=ARRAY(Uuid)).any_(),
        col(CustomerRow.number) == bindparam("numbers", type_=ARRAY(Text)).any_(),
        col(CustomerRow.external_id) == bindparam("external_ids", type_=ARRAY(Text)).any_(),
    )
)
_LOCK_SOME: Any = (
    select(*COLUMNS).where(col(CustomerRow.id) == bindparam("ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(CustomerRow.id)).with_for_update(key_share=True))
_SERIES = NumberSeriesRow.__table__
_after_floor = insert(NumberSeriesRow).values(
    tenant_id=bindparam("tenant_id", type_=Uuid),
    next_position=bindparam("floor", type_=BigInteger) + bindparam("wanted", type_=BigInteger),
)
_TAKE: Any = _after_floor.on_conflict_do_update(
    index_elements=[_SERIES.c.tenant_id],
    set_={"next_position": func.greatest(_SERIES.c.next_position, bindparam("floor", type_=BigInteger))
          + bindparam("wanted", type_=BigInteger)},
).returning(_SERIES.c.next_position)


def customer_of(row: Any) -> Customer:
    """A row of COLUMNS as an entry of the archive."""
    particulars = Particulars(
        kind=CustomerKind(row["kind"]), name=row["name"], terms=_terms_of(row), external_id=row["external_id"],
        tax_id=row["tax_id"], region=row["region"], industry=row["industry"], source=row["source"],
        tags=tuple(row["tags"]), metadata=row["labels"])
    return Customer(
        CustomerId(row["id"]), row["number"], CustomerStatus(row["status"]), particulars, row["version"],
        row["registered_at"], row["group_id"], row["owner_id"], row["merged_into"])


async def get(tx: Transaction, customer_id: CustomerId) -> Customer:
    """Refuses: customer_not_found."""
    return _found(await tx.row(_READ, id=customer_id))


async def lock(tx: Transaction, customer_id: CustomerId) -> Customer:
    """The entry, locked until the end of the transaction, so that its changes come one after another.

    Refuses: customer_not_found.
    """
    return _found(await tx.row(_LOCK, id=customer_id))


async def lock_some(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Those of these entries that are there, locked in the order of their ids."""
    rows = await tx.rows(_LOCK_SOME, ids=list(ids))
    return {row["id"]: customer_of(row) for row in rows}


async def lock_open(tx: Transaction, customer_id: CustomerId) -> Customer:
    """Like lock. Refuses: customer_not_found, customer_closed."""
    customer = await lock(tx, customer_id)
    must_be_open(customer)
    return customer


async def some(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """These entries by id."""
    rows = await tx.rows(_KNOWN, ids=list(ids), numbers=[], external_ids=[]) if ids else []
    return {row["id"]: customer_of(row) for row in rows}


async def standing_for(tx: Transaction, found: Sequence[Customer]) -> list[Customer]:
    """Those who go on for these: who was merged into another is given as that one, each once, in this order."""
    ends: dict[UUID, Customer] = {}
    wanted = {one.merged_into for one in found if one.merged_into}
    while wanted:
        ends |= await some(tx, sorted(wanted))
        wanted = {one.merged_into for one in ends.values() if one.merged_into} - ends.keys()

    def end_of(customer: Customer) -> Customer:
        return end_of(ends[customer.merged_into]) if customer.merged_into else customer

    return list({one.id: one for one in map(end_of, found)}.values())


async def of_number(tx: Transaction, number: str) -> Customer:
    """Who goes on under a number that was given at some time. Refuses: customer_not_found."""
    rows = await tx.rows(_KNOWN, ids=[], numbers=[number], external_ids=[])
    [customer] = await standing_for(tx, [_found(row) for row in rows or [None]])
    return customer


async def known(tx: Transaction, registrations: Sequence[Registration]) -> Known:
    """What the archive holds already under the ids, numbers and external ids of these registrations."""
    rows = await tx.rows(
        _KNOWN, ids=[r.id for r in registrations], numbers=[r.number for r in registrations if r.number],
        external_ids=[r.particulars.external_id for r in registrations if r.particulars.external_id])
    customers = [customer_of(row) for row in rows]
    return Known(
        {customer.id: customer for customer in customers}, frozenset(customer.number for customer in customers),
        {key: customer for customer in customers if (key := customer.particulars.external_id)})


async def take_numbers(tx: Transaction, *, wanted: int, floor: int) -> int:
    """The first of `wanted` positions of the tenant's series, none before `floor`; locks the series."""
    row = await tx.row(_TAKE, tenant_id=tx.tenant, wanted=wanted, floor=floor)
    first: int = row["next_position"] - wanted
    return first


def add(tx: Transaction, customers: Iterable[Customer]) -> None:
    tx.insert(CustomerRow, *({"id": c.id, "number": c.number, "registered_at": c.registered_at, **_held(c)}
                             for c in customers))


def move(tx: Transaction, customer: Customer) -> None:
    """Keep the entry as it stands now."""
    tx.change(CustomerRow, {"id": customer.id, **_held(customer)})


def _found(row: Any) -> Customer:
    if row is None:
        raise NotFound("customer_not_found", "There is no such customer.")
    return customer_of(row)


def _held(customer: Customer) -> dict[str, Any]:
    known_of = customer.particulars
    return {
        "kind": known_of.kind.value, "status": customer.status.value, "name": known_of.name,
        "name_folded": folded(known_of.name), "name_grams": sorted(grams_of(known_of.name)),
        "external_id": known_of.external_id, "tax_id": known_of.tax_id, "region": known_of.region,
        "industry": known_of.industry, "source": known_of.source, "tags": list(known_of.tags),
        "labels": json.dumps(dict(known_of.metadata)), **_held_terms(known_of.terms), "version": customer.version,
        "group_id": customer.group_id, "owner_id": customer.owner_id,
        "merged_into": customer.merged_into,
    }


def _held_terms(terms: TermsOfTrade) -> dict[str, Any]:
    return {
        "due_days": terms.due_days, "end_of_month": terms.end_of_month,
        "instalments": json.dumps([asdict(one) for one in terms.instalments]),
        "discount_bps": terms.discount.discount_bps if terms.discount else None,
        "discount_within_days": terms.discount.within_days if terms.discount else None,
        "prepayment_bps": terms.prepayment_bps, "cash_on_delivery": terms.cash_on_delivery}


def _terms_of(row: Any) -> TermsOfTrade:
    early = row["discount_bps"]
    return TermsOfTrade(
        row["due_days"], row["end_of_month"], tuple(Instalment(**one) for one in row["instalments"]),
        None if early is None else Discount(early, row["discount_within_days"]), row["prepayment_bps"],
        row["cash_on_delivery"])

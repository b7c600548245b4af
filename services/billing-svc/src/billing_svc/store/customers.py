"""Customers as heard from customer-svc: read for invoices, kept by the consumer."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.customer import Customer, heard_of
from billing_svc.domain.instalments import InstalmentShare
from billing_svc.store import customer_dimensions
from billing_svc.store.customer_dimensions import DimensionChange
from billing_svc.store.discounts import terms_kept
from billing_svc.store.document_tables import CustomerRow
from dunlin_kernel.calendar import Terms
from dunlin_kit.tenants import Also, Joined
from dunlin_kit.transaction import Transaction

_t = CustomerRow.__table__.c
_columns = (_t.customer_id, _t.known, _t.number, _t.name, _t.kind, _t.status, _t.tax_id, _t.region, _t.industry,
            _t.due_days, _t.end_of_month, _t.instalments, _t.discount, _t.external_id, _t.merged_into,
            _t.owner_code)
_named = _t.customer_id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
_heard = and_(_named, _t.known.is_(literal_column("true")))
KNOWN = select(*_columns).where(_heard)
KNOWN_TOO = Joined(_columns, _heard)
"""Read in one trip with the tenant."""
BY_EXTERNAL_ID = select(*_columns).where(
    _t.external_id == func.any(bindparam("external_ids", type_=ARRAY(Text))), _t.known.is_(literal_column("true")))
_TOLD_JUST_NOW = ("merger_told_at", "changes")
HELD = (
    select(*_columns, _t.group_number, _t.classes).where(_named).order_by(_t.customer_id)
    .with_for_update(key_share=True))


@dataclass(frozen=True, slots=True)
class CustomerStub:
    """All that is kept of a customer; a blank one is not known yet. `merger_told_at`: when it was told just now that
    the customer was merged; `changes`: what was told just now of where it counts."""

    customer_id: UUID
    known: bool = False
    number: str | None = None
    name: str | None = None
    kind: str | None = None
    status: str | None = None
    tax_id: str | None = None
    region: str | None = None
    industry: str | None = None
    due_days: int | None = None
    end_of_month: bool | None = None
    instalments: Sequence[Mapping[str, Any]] | None = None
    discount: Mapping[str, Any] | None = None
    external_id: str | None = None
    merged_into: UUID | None = None
    owner_code: str | None = None
    group_number: str | None = None
    classes: Mapping[str, str] | None = None
    merger_told_at: datetime | None = None
    changes: tuple[DimensionChange, ...] = ()

    @property
    def dimensions(self) -> Mapping[str, str | None]:
        """Under what it counts now, by dimension."""
        return {"owner": self.owner_code, "group": self.group_number, "region": self.region,
                "industry": self.industry, **(self.classes or {})}


async def known(tx: Transaction, ids: Collection[UUID]) -> Mapping[UUID, Customer]:
    """Those of these customers that have been heard of."""
    rows = await tx.rows(KNOWN, ids=list(set(ids)))
    return {row["customer_id"]: _customer(row) for row in rows}


def known_too(ids: Iterable[UUID]) -> Also:
    """What `of_rows` makes of it: those of these customers that have been heard of."""
    return Also(KNOWN_TOO, {"ids": list(set(ids))})


def of_rows(rows: Collection[Any]) -> Mapping[UUID, Customer]:
    """Customers that were read with the tenant."""
    return {row["customer_id"]: _customer(row) for row in rows if row["customer_id"] is not None}


async def assert_heard_of(tx: Transaction, customer_id: UUID | None) -> None:
    """Before a list is narrowed to a customer: an empty one would not say that nothing was heard yet.

    Refuses: customer_not_known_yet.
    """
    if customer_id is not None:
        heard_of((await known(tx, [customer_id])).get(customer_id), customer_id)


async def regions_of(tx: Transaction, ids: Collection[UUID]) -> Mapping[UUID, str | None]:
    """Where these customers are, as far as they were heard of."""
    return {row["customer_id"]: row["region"] for row in await tx.rows(KNOWN, ids=list(ids))}


async def by_external_id(tx: Transaction, external_ids: Collection[str]) -> Mapping[str, Customer]:
    """Those of these customers that have been heard of, by the id they have in another system."""
    rows = await tx.rows(BY_EXTERNAL_ID, external_ids=list(set(external_ids)))
    return {row["external_id"]: _customer(row) for row in rows}


async def hold(tx: Any, ids: Collection[UUID]) -> dict[UUID, CustomerStub]:
    """The stubs of these customers, locked in order; blank ones for those never heard of."""
    rows = await tx.rows(HELD, ids=list(ids))
    return {id_: CustomerStub(id_) for id_ in ids} | {row["customer_id"]: CustomerStub(**row) for row in rows}


def keep(tx: Any, *stubs: CustomerStub) -> None:
    tx.put(CustomerRow, *(
        {name: value for name, value in asdict(stub).items() if name not in _TOLD_JUST_NOW}
        | {"instalments": _text(stub.instalments), "discount": _text(stub.discount), "classes": _text(stub.classes)}
        for stub in stubs), key=("customer_id",))
    for stub in stubs:
        customer_dimensions.add(tx, stub.customer_id, stub.changes)


def _text(told: Any) -> str | None:
    return None if told is None else json.dumps(told)


def shares_of(told: Sequence[Mapping[str, Any]] | None) -> tuple[InstalmentShare, ...]:
    """Instalments of terms as they are kept; none for one due date."""
    return tuple(InstalmentShare(one["share_bps"], Terms(one["due_days"], one["end_of_month"])) for one in told or ())


def _customer(row: Any) -> Customer:
    return Customer(row["customer_id"], row["number"], row["name"], row["kind"], row["tax_id"], row["status"],
                    Terms(row["due_days"], row["end_of_month"]), shares_of(row["instalments"]),
                    terms_kept(row["discount"]), row["merged_into"])

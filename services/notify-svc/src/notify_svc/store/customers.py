"""Customers as this service keeps them: stubs made by whatever is heard first, and the locks of their ladders."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.errors import NotReady
from dunlin_kernel.money import Money
from notify_svc.domain.ladder_choice import Segment
from notify_svc.store.ladder_tables import CustomerGradeRow, CustomerRow

NO_SEGMENT = Segment()

_ASKED = bindparam("customer_ids", type_=ARRAY(Uuid))
_NAMED = col(CustomerRow.customer_id) == _ASKED.any_()
_LOCK = (
    select(*CustomerRow.__table__.c).where(_NAMED).order_by(col(CustomerRow.customer_id))
    .with_for_update(key_share=True))
_LOCK_IF_ALL_THERE = _LOCK.where(
    select(func.count()).select_from(CustomerRow).where(_NAMED).scalar_subquery() == func.cardinality(_ASKED))
_HEARD_OF = select(col(CustomerRow.customer_id)).where(
    col(CustomerRow.customer_id) == bindparam("customer_id", type_=Uuid))
_SEGMENTS = select(col(CustomerRow.customer_id), col(CustomerRow.grade), col(CustomerRow.classes)).where(
    col(CustomerRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
_GRADES_TOLD = select(col(CustomerGradeRow.customer_id), col(CustomerGradeRow.grade)).where(
    col(CustomerGradeRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())


@dataclass(frozen=True, slots=True)
class AlertTold:
    """An alert of credit-svc: the rule, how much it found, and up to where it would have kept silent."""

    event_id: UUID
    recorded_at: datetime
    rule: str
    amount: Money
    tolerated: Money


@dataclass(frozen=True, slots=True)
class CustomerKept:
    """What is kept of a customer. `refused_on`: silence since that day, until the contacts change.

    `grade_told` is the grade that credit-svc told in this batch; `segment_told` is the fact of this batch, and when it
    was recorded, that put the customer into another segment; `merger_told` is into which customer it was merged, and
    when that was recorded; `alerts_told` are alerts of this batch that whoever answers for the customer is told of.
    """

    id: UUID
    known: bool
    number: str | None = None
    name: str | None = None
    status: str | None = None
    refused_on: date | None = None
    opted_out_on: date | None = None
    segment: Segment = NO_SEGMENT
    owner_id: UUID | None = None
    owner_code: str | None = None
    grade_told: str | None = None
    segment_told: tuple[UUID, datetime] | None = None
    merger_told: tuple[UUID, datetime] | None = None
    alerts_told: tuple[AlertTold, ...] = ()


async def lock(tx: Any, customer_ids: Collection[UUID]) -> Mapping[UUID, CustomerKept]:
    """Wait for these customers, in the order of their ids; those not heard of yet are left out."""
    return await _locked(tx, _LOCK, customer_ids)


async def hold(tx: Any, customer_ids: Collection[UUID]) -> Mapping[UUID, CustomerKept]:
    """As `lock`, with a stub for each that was not heard of yet.

    Several owners tell of a customer. Without a row that can be locked, what one of them was the first to say would be
    overwritten by what another one says at the same time. Where one is missing none is held yet: whoever waits for a
    stub that somebody else makes must hold no other.
    """
    kept = await _locked(tx, _LOCK_IF_ALL_THERE, customer_ids)
    if len(kept) < len(set(customer_ids)):
        stubs = (_row_of(CustomerKept(one, known=False)) for one in sorted(set(customer_ids)))
        tx.once(CustomerRow, *stubs, key=("customer_id",))
        await tx.flush()
        kept = await lock(tx, customer_ids)
    return kept


async def assert_heard_of(tx: Any, customer_id: UUID | None) -> None:
    """Before a list is narrowed to a customer: an empty one would not say that nothing was heard yet.

    Refuses: customer_not_known_yet.
    """
    if customer_id is not None and await tx.row(_HEARD_OF, customer_id=customer_id) is None:
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")


async def segments_of(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, Segment]:
    """What others told of these customers, read without waiting for them."""
    rows = await tx.rows(_SEGMENTS, customer_ids=list(customer_ids))
    return {row["customer_id"]: Segment(row["grade"], row["classes"]) for row in rows}


async def grades_told(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, str]:
    """The grade that credit-svc told last of each, where it told one; it changes under the lock of the customer."""
    rows = await tx.rows(_GRADES_TOLD, customer_ids=list(customer_ids))
    return {row["customer_id"]: row["grade"] for row in rows}


def keep(tx: Any, customer: CustomerKept) -> None:
    """Gather a customer as it stands now."""
    tx.put(CustomerRow, _row_of(customer), key=("customer_id",))
    if customer.grade_told is not None:
        told = {"customer_id": customer.id, "grade": customer.grade_told}
        tx.put(CustomerGradeRow, told, key=("customer_id",))


def refused(tx: Any, customer_id: UUID, on: date) -> None:
    """Gather that the customer's address was refused for good."""
    tx.change(CustomerRow, {"customer_id": customer_id, "refused_on": on}, key=("customer_id",))


async def _locked(tx: Any, statement: Any, customer_ids: Collection[UUID]) -> Mapping[UUID, CustomerKept]:
    rows = await tx.rows(statement, customer_ids=sorted(set(customer_ids)))
    return {
        row["customer_id"]: CustomerKept(
            row["customer_id"], row["known"], row["number"], row["name"], row["status"], row["refused_on"],
            row["opted_out_on"], Segment(row["grade"], row["classes"]), row["owner_id"], row["owner_code"])
        for row in rows
    }


def _row_of(customer: CustomerKept) -> dict[str, Any]:
    return {
        "customer_id": customer.id, "known": customer.known, "number": customer.number, "name": customer.name,
        "status": customer.status, "refused_on": customer.refused_on, "opted_out_on": customer.opted_out_on,
        "grade": customer.segment.grade, "classes": json.dumps(dict(customer.segment.classes)),
        "owner_id": customer.owner_id, "owner_code": customer.owner_code}

"""Authorisations and what moved them. Whoever changes one holds the head on which it stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from credit_svc.domain.authorization import Authorization, AuthorizationStatus
from credit_svc.store.tables import AuthorizationMovementRow, AuthorizationRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

_id = col(AuthorizationRow.authorization_id)
_FIND = select(*AuthorizationRow.__table__.c).where(_id == bindparam("authorization_id", type_=Uuid))
_FIND_ALL = select(*AuthorizationRow.__table__.c).where(_id == bindparam("authorization_ids", type_=ARRAY(Uuid)).any_())
_PARTS = ("reserved", "captured", "released", "expired", "over_captured")


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved an authorisation: `kind` is captured, over_captured, released or expired; by which document."""

    authorization_id: UUID
    kind: str
    amount: Money
    invoice_id: UUID | None
    moved_by: str
    moved_at: datetime
    delivery_id: UUID | None = None


async def get(tx: Tx, authorization_id: UUID) -> Authorization:
    """To change it, only after the lock on its head, never in the same statement. Refuses: authorization_not_found."""
    row = await tx.row(_FIND, authorization_id=authorization_id)
    if row is None:
        raise NotFound("authorization_not_found", "There is no such authorisation.")
    return authorization_of(row)


async def get_all(tx: Tx, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Authorization]]:
    """Those of these that exist, by customer; only after the lock on their heads."""
    found: dict[UUID, list[Authorization]] = {}
    for row in await tx.rows(_FIND_ALL, authorization_ids=list(ids)) if ids else ():
        found.setdefault(row["customer_id"], []).append(authorization_of(row))
    return found


def add(tx: Tx, one: Authorization) -> None:
    tx.insert(AuthorizationRow, {
        "authorization_id": one.id, "customer_id": one.customer_id, "reference": one.reference,
        "currency": one.currency, "asked": one.asked.minor, "expires_at": one.expires_at, **_parts_of(one)})


def keep(tx: Tx, one: Authorization) -> None:
    """Gather what became of it."""
    tx.change(AuthorizationRow, {"authorization_id": one.id, **_parts_of(one)}, key=("authorization_id",))


def add_movement(tx: Tx, moved: Movement) -> None:
    """Gather a movement; one of nothing is none."""
    if moved.amount.is_positive:
        tx.insert(AuthorizationMovementRow, {
            "movement_id": new_id(), "authorization_id": moved.authorization_id, "kind": moved.kind,
            "amount": moved.amount.minor, "invoice_id": moved.invoice_id, "delivery_id": moved.delivery_id,
            "moved_by": moved.moved_by, "moved_at": moved.moved_at})


def authorization_of(row: Any) -> Authorization:
    """An authorisation from a row with the columns of `credit_authorization`."""
    currency = row["currency"]
    return Authorization(
        id=row["authorization_id"], customer_id=row["customer_id"], reference=row["reference"],
        status=AuthorizationStatus(row["status"]), asked=Money(row["asked"], currency), expires_at=row["expires_at"],
        **{part: Money(row[part], currency) for part in _PARTS})


def _parts_of(one: Authorization) -> dict[str, object]:
    return {"status": one.status.value, **{part: getattr(one, part).minor for part in _PARTS}}

"""Authorisation heads: the rows on which decisions about one customer's credit in one currency wait in line."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from credit_svc.store.tables import AuthorizationHeadRow, AuthorizationRow, CustomerRow
from dunlin_events.consuming import Tx
from dunlin_kernel.clock import date_in
from dunlin_kernel.errors import NotFound, NotReady
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.transaction import Transaction

_customer, _currency = col(AuthorizationHeadRow.customer_id), col(AuthorizationHeadRow.currency)
_HEAD = select(_customer, _currency, col(AuthorizationHeadRow.reserved), col(AuthorizationHeadRow.limits))
_LOCK = _HEAD.where(
    _customer == bindparam("customer_id", type_=Uuid), _currency == bindparam("currency", type_=Text),
).with_for_update(key_share=True)
_GROUP = """
SELECT g.group_id FROM credit_group g JOIN customer_group m USING (tenant_id, group_id)
WHERE m.customer_id = CAST(:customer_id AS uuid)"""
_LOCK_GROUP = text(f"{_GROUP} FOR NO KEY UPDATE OF g")
_OF_ORDER = """
WITH g AS MATERIALIZED ({group})
SELECT h.customer_id, h.currency, h.reserved, h.limits, g.group_id,
       t.name, t.currency AS base_currency, t.zone, t.sandbox
FROM authorization_head h CROSS JOIN tenant t LEFT JOIN g ON true
WHERE h.customer_id = CAST(:customer_id AS uuid) AND h.currency = CAST(:currency AS text) FOR NO KEY UPDATE OF h"""
_LOCK_FOR_ORDER = text(_OF_ORDER.format(group=f"{_GROUP} FOR NO KEY UPDATE OF g"))
"""The group's row is locked before the head: locks of the outer query are taken on rows that the join gave."""
_LOCK_MADE = text(_OF_ORDER.format(group=_GROUP))
_LOCK_OF_AUTHORIZATION = (
    _HEAD.join(
        AuthorizationRow,
        (col(AuthorizationRow.customer_id) == _customer) & (col(AuthorizationRow.currency) == _currency))
    .where(col(AuthorizationRow.authorization_id) == bindparam("authorization_id", type_=Uuid))
    .with_for_update(of=AuthorizationHeadRow, key_share=True))
_LOCK_ALL = (
    _HEAD.where(_customer == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(_customer, _currency).with_for_update(key_share=True))
_MAKE = (
    insert(AuthorizationHeadRow)
    .from_select(
        ["tenant_id", "customer_id", "currency", "reserved", "limits"],
        select(col(CustomerRow.tenant_id), col(CustomerRow.customer_id), bindparam("currency", type_=Text),
               literal_column("0"), literal_column("0"))
        .where(col(CustomerRow.customer_id) == bindparam("customer_id", type_=Uuid)),
        include_defaults=False)
    .on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class Head:
    """A locked head: what is reserved, and how many limits were ever set."""

    customer_id: UUID
    reserved: Money
    limits: int
    group_id: UUID | None = None

    @property
    def currency(self) -> str:
        return self.reserved.currency


async def lock(tx: Transaction, customer_id: UUID, currency: str) -> Head:
    """Wait for the head, made here the first time; what it protects is read by the next statement.

    Refuses: tenant_not_known_yet, customer_not_known_yet.
    """
    return _head(await _locked(tx, _LOCK, customer_id, currency))


async def lock_for_order(tx: Transaction, customer_id: UUID, currency: str) -> tuple[Head, Tenant]:
    """Wait for the customer's group and then for the head; and the tenant now that both are had.

    Refuses: tenant_not_known_yet, customer_not_known_yet, in_progress.
    """
    row = await tx.row(_LOCK_FOR_ORDER, customer_id=customer_id, currency=currency)
    if row is None:
        row = await _made(tx, customer_id, currency)
    if row["sandbox"]:
        # Its clock may have been moved on while this waited.
        return _head(row), await present(tx)
    now = tx.recorded_at = tx.clock.now()
    return _head(row), Tenant(
        tx.tenant, row["name"], row["base_currency"], row["zone"], False, now, date_in(row["zone"], now))


async def _made(tx: Transaction, customer_id: UUID, currency: str) -> Any:
    """The first order in a currency makes the head, once it has the group: who has that waits for heads."""
    group = await tx.row(_LOCK_GROUP, customer_id=customer_id)
    await tx.rows(_MAKE, customer_id=customer_id, currency=currency)
    row = await tx.row(_LOCK_MADE, customer_id=customer_id, currency=currency)
    if row is None:
        await present(tx)
        raise _not_known()
    if row["group_id"] != (None if group is None else group["group_id"]):
        raise NotReady("in_progress", "The customer has just come to another group; try again.")
    return row


async def _locked(tx: Transaction, statement: Any, customer_id: UUID, currency: str) -> Any:
    row = await tx.row(statement, customer_id=customer_id, currency=currency)
    if row is None:
        await tx.rows(_MAKE, customer_id=customer_id, currency=currency)
        row = await tx.row(statement, customer_id=customer_id, currency=currency)
    if row is None:
        await present(tx)
        raise _not_known()
    return row


async def lock_of_authorization(tx: Tx, authorization_id: UUID) -> Head:
    """Wait for the head on which an authorisation stands. Refuses: authorization_not_found."""
    row = await tx.row(_LOCK_OF_AUTHORIZATION, authorization_id=authorization_id)
    if row is None:
        raise NotFound("authorization_not_found", "There is no such authorisation.")
    return _head(row)


async def lock_all(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Money]]:
    """Wait for all heads of these customers, in one order; what is reserved, by customer and currency."""
    found: dict[UUID, dict[str, Money]] = {}
    for row in await tx.rows(_LOCK_ALL, customer_ids=list(customer_ids)) if customer_ids else ():
        head = _head(row)
        found.setdefault(head.customer_id, {})[head.currency] = head.reserved
    return found


def reserve(tx: Tx, customer_id: UUID, reserved: Money) -> None:
    """Gather what is reserved from now on."""
    tx.change(
        AuthorizationHeadRow, {"customer_id": customer_id, "currency": reserved.currency, "reserved": reserved.minor},
        key=("customer_id", "currency"))


def pass_on(tx: Tx, left: Head, into: Head, *, limits: tuple[int, int]) -> None:
    """Gather that all that is reserved here is reserved there; so many `limits` were set here and there by now."""
    for head, reserved, count in (
            (left, Money.zero(left.currency), limits[0]), (into, into.reserved + left.reserved, limits[1])):
        tx.change(
            AuthorizationHeadRow, {"customer_id": head.customer_id, "currency": head.currency,
                                   "reserved": reserved.minor, "limits": count}, key=("customer_id", "currency"))


def count_limit(tx: Tx, head: Head) -> None:
    """Gather that one limit more was set."""
    tx.change(
        AuthorizationHeadRow, {"customer_id": head.customer_id, "currency": head.currency, "limits": head.limits + 1},
        key=("customer_id", "currency"))


def _not_known() -> NotReady:
    return NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")


def _head(row: Any) -> Head:
    return Head(
        row["customer_id"], Money(row["reserved"], row["currency"]), row["limits"], row.get("group_id"))

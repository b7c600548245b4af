"""Write-offs: read under the lock of their account where they decide something; what came back is only ever added."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.bad_debt_policy import FIRST_BAD_DEBT_POLICY, BadDebtAccount, BadDebtPolicy, BadDebtVat
from billing_svc.domain.write_off import (
    Recovery,
    RecoveryReversal,
    WriteOff,
    WriteOffReason,
    WriteOffReversal,
    WriteOffState,
)
from billing_svc.store.customer_names import NAMES, OF_OWNERS, Named, named
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.write_off_tables import (
    BadDebtPolicyRow,
    DebtRecoveryRow,
    RecoveryReversalRow,
    WriteOffReversalRow,
    WriteOffRow,
)
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _policy, _customer = WriteOffRow.__table__.c, BadDebtPolicyRow.__table__.c, CustomerRow.__table__.c
_columns = (_t.id, _t.item_id, _t.customer_id, _t.currency, _t.amount, _t.reason, _t.state, _t.maker, _t.account,
            _t.tax, _t.recovered, _t.effective_on)
BY_ID = select(*_columns).where(_t.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
APPROVED_ON = select(*_columns).where(
    _t.item_id == func.any(bindparam("ids", type_=ARRAY(Uuid))), _t.state == WriteOffState.APPROVED.value).order_by(
    _t.id)
IN_FORCE = select(_policy.version, _policy.vat, _policy.account).order_by(_policy.version.desc()).limit(
    literal_column("1"))
_FILTERS = {
    "id": _t.id == bindparam("id", type_=Uuid),
    "owners": OF_OWNERS,
    "customer_id": _t.customer_id == bindparam("customer_id", type_=Uuid),
    "item_id": _t.item_id == bindparam("item_id", type_=Uuid),
    "state": _t.state == bindparam("state", type_=Text)}


async def policy_in_force(tx: Transaction) -> BadDebtPolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    row = await tx.row(IN_FORCE)
    if row is None:
        return FIRST_BAD_DEBT_POLICY
    return BadDebtPolicy(row["version"], BadDebtVat(row["vat"]), BadDebtAccount(row["account"]))


def add_policy(tx: Transaction, policy: BadDebtPolicy, *, recorded_at: datetime) -> None:
    tx.insert(BadDebtPolicyRow, {
        "version": policy.version, "vat": policy.vat.value, "account": policy.account.value, "actor": tx.actor,
        "recorded_at": recorded_at})


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, WriteOff]:
    """Refuses: write_off_not_found."""
    found = {row["id"]: _write_off(row) for row in await tx.rows(BY_ID, ids=list(ids))}
    for write_off_id in ids:
        if write_off_id not in found:
            raise _not_found(write_off_id)
    return found


async def view(tx: Transaction, write_off_id: UUID) -> tuple[WriteOff, Named]:
    """As it stands, and whose it is. Refuses: write_off_not_found."""
    found = await page(tx, {"id": write_off_id}, None, 1)
    if not found:
        raise _not_found(write_off_id)
    return found[0]


async def approved_on(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, dict[UUID, WriteOff]]:
    """By item, the write-offs that were approved and not reversed. Only after the lock of its account."""
    found: dict[UUID, dict[UUID, WriteOff]] = {one: {} for one in item_ids}
    for row in await tx.rows(APPROVED_ON, ids=list(item_ids)):
        found[row["item_id"]][row["id"]] = _write_off(row)
    return found


async def page(
    tx: Transaction, filters: Mapping[str, Any], after: UUID | None, limit: int,
) -> list[tuple[WriteOff, Named]]:
    """Up to `limit` + 1 with whose they are, in the order in which they were proposed."""
    rows = await tx.rows(_listing(frozenset(filters)), **filters, after=after or NIL, wanted=limit + 1)
    return [(_write_off(row), named(row)) for row in rows]


def add(tx: Transaction, one: WriteOff, reference: str | None, *, recorded_at: datetime) -> None:
    tx.insert(WriteOffRow, {
        "id": one.id, "item_id": one.item_id, "customer_id": one.customer_id, "currency": one.amount.currency,
        "amount": one.amount.minor, "reason": one.reason.value, "reference": reference, "state": one.state.value,
        "maker": one.maker, "checker": None, "account": one.account.value, "tax": one.tax.minor,
        "recovered": one.recovered.minor, "effective_on": one.effective_on, "recorded_at": recorded_at})


def decide(tx: Transaction, one: WriteOff) -> None:
    """Approved or refused by whoever acts."""
    tx.change(WriteOffRow, {
        "id": one.id, "state": one.state.value, "checker": tx.actor, "account": one.account.value,
        "tax": one.tax.minor, "effective_on": one.effective_on})


def recover(tx: Transaction, after: WriteOff, recovery: Recovery, *, recorded_at: datetime) -> None:
    """`after` is the write-off as it then stands."""
    tx.change(WriteOffRow, {"id": after.id, "recovered": after.recovered.minor})
    tx.insert(DebtRecoveryRow, {
        "id": recovery.id, "write_off_id": recovery.write_off_id, "credit_id": recovery.credit_id,
        "currency": recovery.amount.currency, "amount": recovery.amount.minor, "tax": recovery.tax.minor,
        "effective_on": recovery.effective_on, "recorded_at": recorded_at, "actor": tx.actor})


def undo_recovery(tx: Transaction, after: WriteOff, reversal: RecoveryReversal, *, recorded_at: datetime) -> None:
    """`after` is the write-off as it then stands."""
    tx.change(WriteOffRow, {"id": after.id, "recovered": after.recovered.minor})
    tx.insert(RecoveryReversalRow, {
        "id": reversal.id, "recovery_id": reversal.recovery_id, "currency": reversal.amount.currency,
        "amount": reversal.amount.minor, "tax": reversal.tax.minor, "effective_on": reversal.effective_on,
        "recorded_at": recorded_at, "actor": tx.actor})


def reverse(
    tx: Transaction, after: WriteOff, reversal: WriteOffReversal, reason: str, *, recorded_at: datetime,
) -> None:
    """`after` is the write-off as it then stands."""
    tx.change(WriteOffRow, {"id": after.id, "state": after.state.value})
    tx.insert(WriteOffReversalRow, {
        "id": reversal.id, "write_off_id": reversal.write_off_id, "currency": reversal.amount.currency,
        "amount": reversal.amount.minor, "tax": reversal.tax.minor, "effective_on": reversal.effective_on,
        "recorded_at": recorded_at, "actor": tx.actor, "reason": reason})


@cache
def _listing(filters: frozenset[str]) -> Any:
    return (
        select(*_columns, *NAMES)
        .join_from(WriteOffRow.__table__, CustomerRow.__table__, _customer.customer_id == _t.customer_id)
        .where(*(_FILTERS[one] for one in sorted(filters)), _t.id > bindparam("after", type_=Uuid))
        .order_by(_t.id).limit(bindparam("wanted", type_=Integer)))


def _not_found(write_off_id: UUID) -> NotFound:
    return NotFound("write_off_not_found", "There is no such write-off.", write_off_id=write_off_id)


def _write_off(row: Any) -> WriteOff:
    currency = row["currency"]
    return WriteOff(
        row["id"], row["item_id"], row["customer_id"], Money(row["amount"], currency), WriteOffReason(row["reason"]),
        WriteOffState(row["state"]), row["maker"], BadDebtAccount(row["account"]), Money(row["tax"], currency),
        Money(row["recovered"], currency), row["effective_on"])

"""Accounts: locked in order before anything of them is read; what they protect is read by the next statement."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Text, Uuid, bindparam, column, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from billing_svc.domain.account import Account
from billing_svc.domain.kept_ageing import KeptAgeing
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.ledger_tables import AccountRow
from billing_svc.store.periods import barrier_of
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

AccountKey = tuple[UUID, str]

_t, _customer = AccountRow.__table__.c, CustomerRow.__table__.c
_wanted = (
    func.unnest(bindparam("customer_ids", type_=ARRAY(Uuid)), bindparam("currencies", type_=ARRAY(Text)))
    .table_valued(column("customer_id", Uuid), column("currency", Text)).render_derived(name="wanted"))
_barrier = select(
    func.pg_advisory_xact_lock_shared(bindparam("posting_barrier", type_=BigInteger)).label("held")).cte("barrier")
_held = (_t.customer_id, _t.currency, _t.open, _t.disputed, _t.unapplied, _t.entries, _t.version, _t.base_open,
         _t.base_unapplied, _t.aged_on, _t.turns_on, _t.aged, _t.aged_items)
LOCK = (
    select(*_held, _barrier.c.held)
    .join_from(_barrier, AccountRow.__table__, literal_column("true"))
    .join(_wanted, (_wanted.c.customer_id == _t.customer_id) & (_wanted.c.currency == _t.currency))
    .order_by(_t.customer_id, _t.currency).with_for_update(of=AccountRow.__table__))
_zero: ColumnElement[int] = literal_column("0")
OPEN = (
    insert(AccountRow.__table__).from_select(
        ["tenant_id", "customer_id", "currency", "open", "disputed", "unapplied", "entries", "version"],
        select(_customer.tenant_id, _customer.customer_id, _wanted.c.currency, _zero, _zero, _zero, _zero, _zero)
        .join_from(CustomerRow.__table__, _wanted, _wanted.c.customer_id == _customer.customer_id)
        .where(_customer.known.is_(literal_column("true"))).order_by(_customer.customer_id, _wanted.c.currency))
    .on_conflict_do_nothing())
OF_CUSTOMER = (
    select(*_held).where(_t.customer_id == bindparam("customer_id")).order_by(_t.currency))


async def lock(tx: Transaction, keys: Collection[AccountKey]) -> Mapping[AccountKey, Account]:
    """Wait at the posting barrier, then for these accounts in order; an account is opened at its first fact.

    One of a customer not heard of yet is left out.
    """
    in_order = sorted(set(keys))
    values = {"customer_ids": [key[0] for key in in_order], "currencies": [key[1] for key in in_order]}
    found = await _locked(tx, values)
    if len(found) < len(in_order):
        await tx.rows(OPEN, **values)
        found = await _locked(tx, values)
    return found


async def of_customer(tx: Transaction, customer_id: UUID) -> list[Account]:
    """One per currency."""
    return [_account(row) for row in await tx.rows(OF_CUSTOMER, customer_id=customer_id)]


def move(tx: Transaction, *accounts: Account) -> None:
    tx.change(
        AccountRow,
        *({"customer_id": account.customer_id, "currency": account.currency, "open": account.open.minor,
           "disputed": account.disputed.minor, "unapplied": account.unapplied.minor, "entries": account.entries,
           "version": account.version, "base_open": account.base_open, "base_unapplied": account.base_unapplied,
           "aged_on": account.aged.aged_on, "turns_on": account.aged.turns_on, "aged": account.aged.amounts,
           "aged_items": account.aged.items} for account in accounts), key=("customer_id", "currency"))


async def _locked(tx: Transaction, values: Mapping[str, Any]) -> dict[AccountKey, Account]:
    rows = await tx.rows(LOCK, posting_barrier=barrier_of(tx.tenant), **values)
    return {(row["customer_id"], row["currency"]): _account(row) for row in rows}


def _account(row: Any) -> Account:
    currency = row["currency"]
    return Account(row["customer_id"], Money(row["open"], currency), Money(row["disputed"], currency),
                   Money(row["unapplied"], currency), row["entries"], row["version"], row["base_open"],
                   row["base_unapplied"],
                   KeptAgeing(row["aged_on"], row["turns_on"], tuple(row["aged"]), tuple(row["aged_items"])))

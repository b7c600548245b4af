"""Accounts: locked in order before anything of them is read; what they protect is read by the next statement."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from billing_svc.domain.account import Account
from billing_svc.domain.kept_ageing import KeptAgeing
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.ledger_tables import AccountRow
from billing_svc.store.periods import barrier_of
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money
from dunlin_kit.database import ReadStale
from dunlin_kit.transaction import Transaction

AccountKey = tuple[UUID, str]

_t, _customer = AccountRow.__table__.c, CustomerRow.__table__.c
_wanted = (
    func.unnest(bindparam("customer_ids", type_=ARRAY(Uuid)), bindparam("currencies", type_=ARRAY(Text)))
    .table_valued(column("customer_id", Uuid), column("currency", Text)).render_derived(name="wanted"))
_barrier = select(
    func.pg_advisory_xact_lock_shared(bindparam("posting_barrier", type_=BigInteger)).label("held")).cte("barrier")
_held = (_t.customer_id, _t.currency, _t.open, _t.disputed, _t.unapplied, _t.entries, _t.version, _t.base_open,
         _t.base_unapplied, _t.aged_on, _t.turns_on, _t.aged, _t.aged_items, _t.merged_into)
_named = (_wanted.c.customer_id == _t.customer_id) & (_wanted.c.currency == _t.currency)
_going_on = _t.merged_into.is_(None) | (_t.customer_id == bindparam("moving", type_=Uuid))
_all_there = (
    select(func.count()).select_from(AccountRow.__table__.join(_wanted, _named)).where(_going_on).scalar_subquery()
    == func.cardinality(bindparam("customer_ids", type_=ARRAY(Uuid))))
LOCK_FOUND = (
    select(*_held, _barrier.c.held)
    .join_from(_barrier, AccountRow.__table__, literal_column("true")).join(_wanted, _named)
    .order_by(_t.customer_id, _t.currency).with_for_update(of=AccountRow.__table__, key_share=True))
LOCK = LOCK_FOUND.where(_all_there)
CLOSED = select(_t.customer_id, _t.merged_into, _barrier.c.held).select_from(_barrier.outerjoin(
    AccountRow.__table__.join(_wanted, _named & _t.merged_into.is_not(None)), literal_column("true")))
_zero: ColumnElement[int] = literal_column("0")
OPEN = (
    insert(AccountRow.__table__).from_select(
        ["tenant_id", "customer_id", "currency", "open", "disputed", "unapplied", "entries", "version", "merged_into"],
        select(_customer.tenant_id, _customer.customer_id, _wanted.c.currency, _zero, _zero, _zero, _zero, _zero,
               _customer.merged_into)
        .join_from(CustomerRow.__table__, _wanted, _wanted.c.customer_id == _customer.customer_id)
        .where(_customer.known.is_(literal_column("true"))).order_by(_customer.customer_id, _wanted.c.currency))
    .on_conflict_do_nothing())
OF_CUSTOMER = (
    select(*_held).where(_t.customer_id == bindparam("customer_id")).order_by(_t.currency))


CLOSE = (
    update(AccountRow.__table__)
    .where(_t.customer_id == bindparam("source_id", type_=Uuid), _t.merged_into.is_(None))
    .values(merged_into=bindparam("into_id", type_=Uuid)))
GOES_ON = text("""
WITH RECURSIVE chain AS (
  SELECT customer_id, merged_into, number FROM customer WHERE customer_id = :customer_id
  UNION SELECT c.customer_id, c.merged_into, c.number FROM customer c JOIN chain p ON c.customer_id = p.merged_into)
SELECT customer_id, number FROM chain WHERE merged_into IS NULL""").bindparams(bindparam("customer_id", type_=Uuid))


class CustomerMerged(Conflict, ReadStale):
    """The account is closed, for its customer goes on as another one: what was read before may stand there by now, so
    the work runs again before it is refused."""

    def __init__(self, source_id: UUID, into_id: UUID, number: str | None) -> None:
        super().__init__("customer_merged", "The customer was merged; it goes on as another one.",
                         customer_id=source_id, into_id=into_id, into_number=number)
        self.source_id, self.into_id = source_id, into_id


async def lock(
    tx: Transaction, keys: Collection[AccountKey], *, moving: UUID | None = None,
) -> Mapping[AccountKey, Account]:
    """Wait at the posting barrier, then for these accounts in order; an account is opened at its first fact.

    Where one is missing or closed none is held yet: whoever waits for one to be opened, or turns to the customer that
    goes on, must hold no other. One of a customer not heard of yet is left out.
    Refuses: customer_merged, but of the one whose accounts are moving.
    """
    in_order = sorted(set(keys))
    values = {"customer_ids": [key[0] for key in in_order], "currencies": [key[1] for key in in_order]}
    found = await _locked(tx, LOCK, values | {"moving": moving})
    if len(found) < len(in_order):
        closed = await tx.rows(CLOSED, posting_barrier=barrier_of(tx.tenant), **values)
        await _assert_open({(row[0], row[1]) for row in closed if row[0] is not None}, tx, moving)
        await tx.rows(OPEN, **values)
        found = await _locked(tx, LOCK_FOUND, values)
    await _assert_open({(key[0], into_id) for key, (_, into_id) in found.items() if into_id is not None}, tx, moving)
    return {key: account for key, (account, _) in found.items()}


async def close(tx: Transaction, source_id: UUID, into_id: UUID) -> None:
    """Let nothing more be posted to this customer. Only after the lock of its accounts."""
    await tx.rows(CLOSE, source_id=source_id, into_id=into_id)


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


def state_of(account: Account) -> dict[str, str | int | bool | None]:
    """As the audit log says it."""
    return {"open": str(account.open), "unapplied": str(account.unapplied), "version": account.version}


async def _assert_open(closed: Collection[tuple[UUID, UUID]], tx: Transaction, moving: UUID | None) -> None:
    for customer_id, into_id in sorted(closed):
        if customer_id != moving:
            goes_on = await tx.row(GOES_ON, customer_id=into_id)
            raise CustomerMerged(customer_id, *((into_id, None) if goes_on is None else goes_on))


async def _locked(
    tx: Transaction, statement: Any, values: Mapping[str, Any],
) -> dict[AccountKey, tuple[Account, UUID | None]]:
    """With where each goes on, if it is closed."""
    rows = await tx.rows(statement, posting_barrier=barrier_of(tx.tenant), **values)
    return {(row["customer_id"], row["currency"]): (_account(row), row["merged_into"]) for row in rows}


def _account(row: Any) -> Account:
    currency = row["currency"]
    return Account(row["customer_id"], Money(row["open"], currency), Money(row["disputed"], currency),
                   Money(row["unapplied"], currency), row["entries"], row["version"], row["base_open"],
                   row["base_unapplied"],
                   KeptAgeing(row["aged_on"], row["turns_on"], tuple(row["aged"]), tuple(row["aged_items"])))

"""What an account shows: its ledger entries with running balances, the journal of a fact, and all balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)

from billing_svc.domain.journal import JournalAccount, JournalLine
from billing_svc.domain.ledger import FactKind, LedgerSide
from billing_svc.store.audit_tables import AuditLogRow
from billing_svc.store.ledger_tables import JournalEntryRow, JournalLineRow, LedgerEntryRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.tenants import TENANT
from dunlin_kit.transaction import Transaction

_t, _entry, _line = LedgerEntryRow.__table__.c, JournalEntryRow.__table__.c, JournalLineRow.__table__.c
_audit = AuditLogRow.__table__.c


@dataclass(frozen=True, slots=True)
class EntryView:
    """A ledger entry and the two controls of its account right after it, in the order of effective days."""

    position: int
    side: LedgerSide
    ref_id: UUID
    fact_kind: FactKind
    fact_id: UUID
    amount: Money
    base: Money
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    receivables: Money
    unapplied: Money


@dataclass(frozen=True, slots=True)
class JournalView:
    """The double entry of one fact."""

    id: UUID
    fact_kind: FactKind
    fact_id: UUID
    customer_id: UUID
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    lines: tuple[JournalLine, ...]


def _based(columns: Any) -> Any:
    """An amount in base currency; null stands for one that is in it anyhow."""
    return func.coalesce(columns.base_amount, columns.amount)


def _recorded_by(fact: Any) -> Any:
    """Who did what made this fact: each is audited under its own id."""
    return select(_audit.actor).where(
        _audit.subject_id == fact.fact_id, _audit.action == fact.fact_kind).scalar_subquery().label("recorded_by")


def _running(side: LedgerSide) -> Any:
    of_side = _t.side == literal_column(f"'{side.value}'")
    summed = func.sum(_t.amount).filter(of_side).over(partition_by=_t.currency, order_by=(_t.effective_on, _t.position))
    return cast(func.coalesce(summed, literal_column("0")), BigInteger)


_base_currency = select(TENANT.c.currency).scalar_subquery().label("base_currency")
_all = select(
    *_t, _based(_t).label("base"), _base_currency, _running(LedgerSide.RECEIVABLE).label("receivables"),
    _running(LedgerSide.CREDIT).label("unapplied"),
).where(_t.customer_id == bindparam("customer_id", type_=Uuid)).cte("entries")
_place = tuple_(_all.c.currency, _all.c.effective_on, _all.c.position)
ENTRIES = select(_all, _recorded_by(_all.c)).order_by(_all.c.currency, _all.c.effective_on, _all.c.position).limit(
    bindparam("wanted", type_=Integer))
ENTRIES_AFTER = ENTRIES.where(_place > tuple_(
    bindparam("currency", type_=Text), bindparam("effective_on", type_=Date), bindparam("position", type_=BigInteger)))
JOURNAL = (
    select(*_entry, _line.account, _line.currency, _line.amount, _based(_line).label("base"), _base_currency,
           _recorded_by(_entry))
    .join_from(JournalEntryRow.__table__, JournalLineRow.__table__, _line.journal_entry_id == _entry.id)
    .where(_entry.fact_id == bindparam("fact_id", type_=Uuid)).order_by(_line.amount.desc(), _line.account))
BALANCES = (
    select(_line.account, _line.currency, func.sum(_line.amount).label("amount"),
           func.sum(_based(_line)).label("base"), _base_currency)
    .join_from(JournalEntryRow.__table__, JournalLineRow.__table__, _line.journal_entry_id == _entry.id)
    .where(_entry.effective_on <= bindparam("as_of", type_=Date),
           _entry.recorded_at <= bindparam("known_at", type_=DateTime(timezone=True)))
    .group_by(_line.account, _line.currency).order_by(_line.currency, _line.account))


async def entries(tx: Transaction, customer_id: UUID, after: Sequence[Any] | None, limit: int) -> list[EntryView]:
    """Up to `limit` + 1 entries of a customer, by currency and effective day."""
    values = {"customer_id": customer_id, "wanted": limit + 1}
    if after is None:
        return [_view(row) for row in await tx.rows(ENTRIES, **values)]
    currency, effective_on, position = after
    rows = await tx.rows(ENTRIES_AFTER, **values, currency=currency, effective_on=date.fromisoformat(effective_on),
                         position=position)
    return [_view(row) for row in rows]


def key_of(entry: EntryView) -> tuple[str, str, int]:
    """The key after which the next page begins."""
    return entry.amount.currency, str(entry.effective_on), entry.position


async def journal_of(tx: Transaction, fact_id: UUID) -> JournalView:
    """Refuses: fact_not_found."""
    rows = await tx.rows(JOURNAL, fact_id=fact_id)
    if not rows:
        raise NotFound("fact_not_found", "No money fact has this id.", fact_id=fact_id)
    entry = rows[0]
    return JournalView(
        entry["id"], FactKind(entry["fact_kind"]), entry["fact_id"], entry["customer_id"], entry["effective_on"],
        entry["recorded_at"], entry["recorded_by"], tuple(_journal_line(row) for row in rows))


async def balances(tx: Transaction, as_of: date, known_at: datetime) -> list[JournalLine]:
    """The balance of every journal account at the end of a day, as known at a time: debit +, credit -."""
    return [_journal_line(row) for row in await tx.rows(BALANCES, as_of=as_of, known_at=known_at)]


def _journal_line(row: Any) -> JournalLine:
    return JournalLine(JournalAccount(row["account"]), Money(int(row["amount"]), row["currency"]),
                       Money(int(row["base"]), row["base_currency"]))


def _view(row: Any) -> EntryView:
    currency = row["currency"]
    return EntryView(
        row["position"], LedgerSide(row["side"]), row["item_id"] or row["credit_id"], FactKind(row["fact_kind"]),
        row["fact_id"], Money(row["amount"], currency), Money(row["base"], row["base_currency"]),
        row["effective_on"], row["recorded_at"], row["recorded_by"],
        Money(row["receivables"], currency), Money(row["unapplied"], currency))

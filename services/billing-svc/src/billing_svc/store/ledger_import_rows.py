"""Facts of an import that wait for their turn, and the refused ones with the reason."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from billing_svc.domain.ledger_import import LedgerImport
from billing_svc.domain.ledger_judgement import Refused
from billing_svc.domain.ledger_row import LedgerPart, StagedFact
from billing_svc.store.ledger_import_tables import LedgerImportFactRow, LedgerImportRefusalRow
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _refusal = LedgerImportFactRow.__table__.c, LedgerImportRefusalRow.__table__.c
_invoice = LedgerImportFactRow.__table__.alias("invoice").c
_import_id = bindparam("import_id", type_=Uuid)
_size = bindparam("size", type_=Integer)
_not_judged = and_(
    _t.ledger_import_id == _import_id,
    func.row(_t.order_on, _t.part, _t.line)
    > func.row(bindparam("turn_on", type_=Date), bindparam("turn_part", type_=Text),
               bindparam("turn_line", type_=BigInteger)))
NEXT = (
    select(LedgerImportFactRow.__table__).where(_not_judged)
    .order_by(_t.order_on, _t.part, _t.line).limit(_size))
COUNT = select(func.count().label("facts")).where(_t.ledger_import_id == _import_id)
AFTER_INVOICES = (
    update(LedgerImportFactRow.__table__).values(order_on=_invoice.order_on)
    .where(_t.ledger_import_id == _import_id, _t.part == literal_column("'payment'"),
           _invoice.ledger_import_id == _t.ledger_import_id, _invoice.part == literal_column("'invoice'"),
           _invoice.external_id == _t.invoice_external_id, _invoice.order_on > _t.order_on))
JOIN_BY_HASH = select(func.set_config(literal_column("'enable_nestloop'"), literal_column("'off'"), true()))
"""The table was filled a moment ago and never analysed: the planner takes it for small and would compare all pairs."""
CLEAR = delete(LedgerImportFactRow.__table__).where(_t.ledger_import_id == _import_id)
REFUSE_REST = (
    insert(LedgerImportRefusalRow.__table__).from_select(
        ["tenant_id", "ledger_import_id", "line", "part", "external_id", "code", "detail"],
        select(_t.tenant_id, _t.ledger_import_id, _t.line, _t.part, _t.external_id, bindparam("code", type_=Text),
               bindparam("detail", type_=Text)).where(_not_judged))
    .on_conflict_do_nothing())
REFUSED_ROWS = select(func.count().label("refused")).where(_refusal.ledger_import_id == _import_id)
REFUSED_INVOICES = select(_refusal.external_id).where(
    _refusal.ledger_import_id == _import_id, _refusal.part != literal_column("'payment'"),
    _refusal.external_id == func.any(bindparam("external_ids", type_=ARRAY(Text))))
REFUSED = (
    select(_refusal.line, _refusal.part, _refusal.external_id, _refusal.code, _refusal.detail)
    .where(_refusal.ledger_import_id == _import_id,
           func.row(_refusal.line, _refusal.part)
           > func.row(bindparam("line", type_=BigInteger), bindparam("part", type_=Text)))
    .order_by(_refusal.line, _refusal.part).limit(_size))


def stage(tx: Transaction, import_id: UUID, facts: Iterable[StagedFact]) -> None:
    """Facts of lines that were staged before are passed over."""
    tx.once(LedgerImportFactRow, *(
        {"ledger_import_id": import_id, "line": one.line, "part": one.part.value,
         "customer_external_id": one.customer_external_id, "external_id": one.external_id,
         "currency": one.amount.currency, "amount": one.amount.minor, "day": one.day, "order_on": one.order_on,
         "through_on": one.through_on, "due_on": one.due_on, "invoice_external_id": one.invoice_external_id,
         "method": one.method} for one in facts), key=("line", "part"))


def refuse(tx: Transaction, import_id: UUID, refused: Iterable[Refused]) -> None:
    tx.once(LedgerImportRefusalRow, *(
        {"ledger_import_id": import_id, "line": one.line, "part": one.part.value, "external_id": one.external_id,
         "code": one.code, "detail": one.detail} for one in refused), key=("line", "part"))


async def order(tx: Transaction, import_id: UUID) -> int:
    """No payment has its turn before its invoice, wherever that stands in the file. Returns how many facts wait."""
    await tx.row(JOIN_BY_HASH)
    await tx.rows(AFTER_INVOICES, import_id=import_id)
    row = await tx.row(COUNT, import_id=import_id)
    facts: int = row["facts"]
    return facts


async def next_of(tx: Transaction, held: LedgerImport, size: int) -> list[StagedFact]:
    """Those whose turn it is, in order."""
    rows = await tx.rows(NEXT, import_id=held.id, size=size, turn_on=held.turn.on, turn_part=held.turn.part,
                         turn_line=held.turn.line)
    return [_fact(row) for row in rows]


async def clear(tx: Transaction, import_id: UUID) -> None:
    """All were judged."""
    await tx.rows(CLEAR, import_id=import_id)


async def refuse_rest(tx: Transaction, held: LedgerImport, why: DomainError) -> None:
    """All whose turn has not come."""
    await tx.rows(REFUSE_REST, import_id=held.id, turn_on=held.turn.on, turn_part=held.turn.part,
                  turn_line=held.turn.line, code=why.code, detail=why.detail)


async def refused_rows(tx: Transaction, import_id: UUID) -> int:
    """How many were refused so far."""
    row = await tx.row(REFUSED_ROWS, import_id=import_id)
    refused: int = row["refused"]
    return refused


async def refused_invoices(tx: Transaction, import_id: UUID, external_ids: Collection[str]) -> set[str]:
    """Those of these invoices that this import refused."""
    if not external_ids:
        return set()
    rows = await tx.rows(REFUSED_INVOICES, import_id=import_id, external_ids=list(external_ids))
    return {row["external_id"] for row in rows}


async def page_of_refused(tx: Transaction, import_id: UUID, after: tuple[Any, ...] | None, limit: int) -> list[Refused]:
    """By line, one more than `limit` where there is more."""
    line, part = after or (0, "")
    rows = await tx.rows(REFUSED, import_id=import_id, line=line, part=part, size=limit + 1)
    return [Refused(row["line"], LedgerPart(row["part"]), row["external_id"], row["code"], row["detail"])
            for row in rows]


def _fact(row: Any) -> StagedFact:
    return StagedFact(
        row["line"], LedgerPart(row["part"]), row["customer_external_id"], row["external_id"],
        Money(row["amount"], row["currency"]), row["day"], row["order_on"], row["through_on"], row["due_on"],
        row["invoice_external_id"], row["method"])

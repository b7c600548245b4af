"""Imports of older ledgers. A slice locks its import first, before the posting barrier, and nothing else does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, literal_column, select

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus, Tally, Turn
from billing_svc.store.ledger_import_tables import LedgerImportRow
from dunlin_kernel.errors import NotFound
from dunlin_kit.transaction import Transaction

_t = LedgerImportRow.__table__.c
BY_ID = select(LedgerImportRow.__table__).where(_t.id == bindparam("id", type_=Uuid))
HELD = BY_ID.with_for_update(key_share=True)
UNDER_WAY = select(LedgerImportRow.__table__).where(
    _t.digest == bindparam("digest", type_=Text), _t.status != literal_column("'ended'"))
ANALYSE = select(func.analyse_ledger().label("analysed"))
COUNT = select(func.count().label("imports")).select_from(LedgerImportRow.__table__)


async def by_id(tx: Transaction, import_id: UUID) -> LedgerImport:
    """Refuses: ledger_import_not_found."""
    return _found(await tx.row(BY_ID, id=import_id))


async def hold(tx: Transaction, import_id: UUID) -> LedgerImport:
    """As it stands, locked: whoever else works on it waits. Refuses: ledger_import_not_found."""
    return _found(await tx.row(HELD, id=import_id))


async def under_way(tx: Transaction, digest: str) -> LedgerImport | None:
    """The import of this very file that has not ended."""
    row = await tx.row(UNDER_WAY, digest=digest)
    return None if row is None else _import(row)


async def count(tx: Transaction) -> int:
    """How many there have been."""
    row = await tx.row(COUNT)
    found: int = row["imports"]
    return found


async def analyse(tx: Transaction) -> None:
    """Renew the statistics of the ledger: without them a plan for some rows is taken for many thousands."""
    await tx.row(ANALYSE)


def add(tx: Transaction, made: LedgerImport, created_at: datetime) -> None:
    tx.insert(LedgerImportRow, _row(made) | {"created_at": created_at})


def move(tx: Transaction, moved: LedgerImport) -> None:
    tx.change(LedgerImportRow, _row(moved))


def _row(one: LedgerImport) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "digest": one.digest, "status": one.status.value, "series": one.series,
        "last_line": one.last_line, "operation_id": one.operation_id, "round": one.round,
        "turn_on": one.turn.on, "turn_part": one.turn.part, "turn_line": one.turn.line, "total": one.total,
        "invoices": one.tally.invoices, "payments": one.tally.payments, "unchanged": one.tally.unchanged,
        "refused": one.tally.refused, "started_by": one.started_by}


def _found(row: Mapping[str, Any] | None) -> LedgerImport:
    if row is None:
        raise NotFound("ledger_import_not_found", "There is no such import.")
    return _import(row)


def _import(row: Mapping[str, Any]) -> LedgerImport:
    return LedgerImport(
        row["id"], row["name"], row["digest"], LedgerImportStatus(row["status"]), row["series"], row["last_line"],
        row["operation_id"], row["round"], Turn(row["turn_on"], row["turn_part"], row["turn_line"]), row["total"],
        Tally(row["invoices"], row["payments"], row["unchanged"], row["refused"]), row["started_by"])

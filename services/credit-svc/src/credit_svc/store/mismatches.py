"""Mismatches of our copy that are open, and their closing by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.exposure import Figures, Mismatch
from credit_svc.store.alert_tables import MismatchClosureRow
from credit_svc.store.exposures import figures_of
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL

_SHOWN = """
SELECT m.*, c.number, c.name, o.owner_code, x.reason, x.closed_by, x.closed_at FROM exposure_mismatch m
LEFT JOIN customer c ON (c.tenant_id, c.customer_id) = (m.tenant_id, m.customer_id)
LEFT JOIN customer_owner o ON (o.tenant_id, o.customer_id) = (m.tenant_id, m.customer_id)
LEFT JOIN mismatch_closure x ON (x.tenant_id, x.customer_id, x.currency, x.sequence)
  = (m.tenant_id, m.customer_id, m.currency, m.sequence)"""
_FIND = text(f"""{_SHOWN}
WHERE m.customer_id = CAST(:customer_id AS uuid) AND m.currency = :currency AND m.sequence = :sequence""")
_SOME = text(f"""{_SHOWN}
WHERE (m.customer_id, m.currency, m.sequence)
      > (CAST(:after_id AS uuid), CAST(:after_currency AS text), CAST(:after_sequence AS bigint))
  AND (x.closed_at IS NULL OR NOT CAST(:waiting AS boolean))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY m.customer_id, m.currency, m.sequence LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class KeptMismatch:
    """A mismatch, whose it is, and who closed it and why."""

    customer_id: UUID
    mismatch: Mismatch
    number: str | None
    name: str | None
    owner_code: str | None
    reason: str | None
    closed_by: str | None
    closed_at: datetime | None


async def get(tx: Tx, customer_id: UUID, currency: str, sequence: int) -> KeptMismatch:
    """Refuses: mismatch_not_found."""
    row = await tx.row(_FIND, customer_id=customer_id, currency=currency, sequence=sequence)
    if row is None:
        raise NotFound("mismatch_not_found", "There is no such mismatch.")
    return _kept(row)


async def some(
    tx: Tx, *, waiting: bool, owners: Sequence[str] | None, after: tuple[Any, ...] | None, most: int,
) -> Sequence[KeptMismatch]:
    """By customer, currency and sequence."""
    after_id, after_currency, after_sequence = after or (NIL, "", 0)
    rows = await tx.rows(
        _SOME, waiting=waiting, owners=owners, after_id=UUID(str(after_id)), after_currency=after_currency,
        after_sequence=after_sequence, most=most)
    return [_kept(row) for row in rows]


def close(tx: Tx, one: KeptMismatch) -> None:
    """Gather its closing."""
    tx.insert(MismatchClosureRow, {
        "customer_id": one.customer_id, "currency": one.mismatch.told.currency, "sequence": one.mismatch.sequence,
        "reason": one.reason, "closed_by": one.closed_by, "closed_at": one.closed_at})


def _kept(row: Any) -> KeptMismatch:
    mismatch = Mismatch(row["sequence"], _figures(row, "reckoned"), _figures(row, "told"))
    return KeptMismatch(
        row["customer_id"], mismatch, row["number"], row["name"], row["owner_code"], row["reason"],
        row["closed_by"], row["closed_at"])


def _figures(row: Any, kind: str) -> Figures:
    return figures_of(
        row["currency"], opened=row[f"{kind}_open"], disputed=row[f"{kind}_disputed"],
        unapplied=row[f"{kind}_unapplied"])

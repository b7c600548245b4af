"""Covers: read with the limits they count in, changed under the head of their customer and currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.cover import CountedCover, Cover, CoverKind, CoverState
from credit_svc.store.cover_tables import CoverRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

COUNTED = """
SELECT jsonb_agg(jsonb_build_array(v.cover_id, v.kind, v.counts) ORDER BY v.cover_id) FROM cover v
WHERE v.customer_id = {customer} AND v.currency = {currency} AND v.state = 'standing'
  AND v.valid_from <= CAST(:today AS date) AND (v.valid_until IS NULL OR v.valid_until >= CAST(:today AS date))"""
"""The covers that count on a day, as one value of a statement."""
_VIEW = """
SELECT v.*, c.number, c.name, o.owner_code FROM cover v LEFT JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id)"""
_FIND = text(f"{_VIEW} WHERE v.cover_id = CAST(:cover_id AS uuid)")
_SOME = text(f"""{_VIEW} WHERE v.cover_id > CAST(:after AS uuid)
  AND (CAST(:customer_id AS uuid) IS NULL OR v.customer_id = CAST(:customer_id AS uuid))
  AND (CAST(:state AS text) IS NULL OR v.state = CAST(:state AS text))
  AND (CAST(:ends_by AS date) IS NULL OR v.valid_until <= CAST(:ends_by AS date))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY v.cover_id LIMIT CAST(:most AS bigint)""")
_ENDING = text(f"""{_VIEW}
WHERE v.state = 'standing' AND v.valid_until BETWEEN CAST(:today AS date) AND CAST(:until AS date)
  AND NOT EXISTS (SELECT FROM risk_alert a WHERE a.cover_id = v.cover_id)
ORDER BY v.valid_until, v.cover_id LIMIT CAST(:most AS bigint)""")
_ALONE = text("""
SELECT coalesce(sum(counts), 0)::bigint AS counts FROM cover
WHERE customer_id = CAST(:customer_id AS uuid) AND currency = CAST(:currency AS text) AND state = 'standing'
  AND approved_by IS NULL AND registered_at > CAST(:since AS timestamptz)""")
_PASS_ON = text("""
UPDATE cover SET customer_id = CAST(:into_id AS uuid)
WHERE customer_id = CAST(:source_id AS uuid) AND state <> 'ended'
RETURNING *, NULL AS number, NULL AS name, NULL AS owner_code""")


@dataclass(frozen=True, slots=True)
class KnownCover:
    """A cover with whose it is, who stands behind it, and who registered, approved and ended it."""

    cover: Cover
    customer_id: UUID
    provider: str
    reference: str
    reason: str
    registered_by: str
    registered_at: datetime
    approved_by: str | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    number: str | None = None
    name: str | None = None
    owner_code: str | None = None


@dataclass(frozen=True, slots=True)
class CoversAsked:
    """Which covers: of a customer, of owners, in a state, that end by a day, after the last one seen."""

    customer_id: UUID | None
    owners: Sequence[str] | None
    state: CoverState | None
    ends_by: date | None
    after: UUID | None
    most: int


def counted_covers(found: Sequence[Any] | None, currency: str) -> tuple[CountedCover, ...]:
    """Covers from the value that `COUNTED` gives, or a decision keeps."""
    return tuple(CountedCover(UUID(one), CoverKind(kind), Money(minor, currency)) for one, kind, minor in found or ())


async def get(tx: Tx, cover_id: UUID) -> KnownCover:
    """To change it, only after the lock on its head. Refuses: cover_not_found."""
    row = await tx.row(_FIND, cover_id=cover_id)
    if row is None:
        raise NotFound("cover_not_found", "There is no such cover.")
    return _known(row)


async def some(tx: Tx, asked: CoversAsked) -> Sequence[KnownCover]:
    """In the order in which they were registered."""
    rows = await tx.rows(
        _SOME, customer_id=asked.customer_id, owners=asked.owners, state=asked.state and asked.state.value,
        ends_by=asked.ends_by, after=asked.after or NIL, most=asked.most)
    return [_known(row) for row in rows]


async def given_alone(tx: Tx, customer_id: UUID, currency: str, *, since: datetime) -> Money:
    """What those count that one person alone registered since; only after the lock on the head."""
    row = await tx.row(_ALONE, customer_id=customer_id, currency=currency, since=since)
    return Money(0 if row is None else row["counts"], currency)


async def ending(tx: Tx, today: date, until: date, most: int) -> Sequence[KnownCover]:
    """Up to `most` of those that stand, end between these days and were not told of yet, the first to end first."""
    return [_known(row) for row in await tx.rows(_ENDING, today=today, until=until, most=most)]


async def pass_on(tx: Tx, source_id: UUID, into_id: UUID) -> Sequence[KnownCover]:
    """Those that stand or wait are the other customer's, in the order in which they were registered; only after the
    lock on the heads of both."""
    rows = await tx.rows(_PASS_ON, source_id=source_id, into_id=into_id)
    return sorted((_known(row) for row in rows), key=lambda one: one.cover.id)


def add(tx: Tx, one: KnownCover) -> None:
    cover = one.cover
    tx.insert(CoverRow, {
        "cover_id": cover.id, "customer_id": one.customer_id, "kind": cover.kind.value,
        "currency": cover.amount.currency, "amount": cover.amount.minor, "share_bps": cover.share_bps,
        "retention": cover.retention.minor, "counts": cover.counts.minor, "used": 0, "valid_from": cover.valid_from,
        "valid_until": cover.valid_until, "provider": one.provider, "reference": one.reference, "reason": one.reason,
        "state": cover.state.value, "waited": cover.state is CoverState.WAITING, "registered_by": one.registered_by,
        "registered_at": one.registered_at, "approved_by": None, "approved_at": None, "ended_by": None,
        "ended_at": None, "end_reason": None})


def approve(tx: Tx, cover_id: UUID, *, by: str, at: datetime) -> None:
    tx.change(CoverRow, {"cover_id": cover_id, "state": CoverState.STANDING.value, "approved_by": by,
                         "approved_at": at}, key=("cover_id",))


def use(tx: Tx, cover: Cover) -> None:
    """Gather what was paid out of it, and what it counts for now."""
    tx.change(CoverRow, {"cover_id": cover.id, "used": cover.used.minor, "counts": cover.counts.minor},
              key=("cover_id",))


def end(tx: Tx, cover_id: UUID, *, by: str, at: datetime, reason: str) -> None:
    tx.change(CoverRow, {"cover_id": cover_id, "state": CoverState.ENDED.value, "ended_by": by, "ended_at": at,
                         "end_reason": reason}, key=("cover_id",))


def _known(row: Any) -> KnownCover:
    currency = row["currency"]
    cover = Cover(
        row["cover_id"], CoverKind(row["kind"]), Money(row["amount"], currency), row["share_bps"],
        Money(row["retention"], currency), row["valid_from"], row["valid_until"], CoverState(row["state"]),
        row["used"])
    return KnownCover(
        cover, row["customer_id"], row["provider"], row["reference"], row["reason"], row["registered_by"],
        row["registered_at"], row["approved_by"], row["ended_by"], row["end_reason"], row["number"], row["name"],
        row["owner_code"])

"""Credit positions: limit, exposure and available credit per customer and currency, read on one snapshot."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.cover import CountedCover, covered
from credit_svc.domain.decision import DecisionInputs, DenialReason, StandingHold, credit_available, decide
from credit_svc.domain.deposit import CashTerms
from credit_svc.domain.exposure import ExposureParts, exposure_of
from credit_svc.domain.group import GroupStanding
from credit_svc.domain.limit import LimitInForce, limit_in_force
from credit_svc.domain.policy import CreditPolicy
from credit_svc.store import groups
from credit_svc.store.covers import COUNTED, counted_covers
from credit_svc.store.exposures import figures_of
from credit_svc.store.limits import facts_of
from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

NOT_RATED_SORTS_AS = 2**63 - 1
"""Where a position without a rating stands among the available amounts: last."""

_COVERED = COUNTED.format(customer="k.customer_id", currency="k.currency")
_FIGURES = f"""
  SELECT k.customer_id, k.currency, c.number, c.name, c.status, c.prepayment_bps,
         c.cash_on_delivery, o.owner_id, o.owner_code, k.open, k.disputed,
         k.unapplied, k.delivered, k.accrued, k.kept, k.reserved, k.sequence, a.covers,
         l.limit_id, l.version, l.amount, l.source, l.valid_from, l.valid_until, l.kind,
         t.limit_id AS temporary_limit_id, t.version AS temporary_version, t.amount AS temporary_amount,
         t.source AS temporary_source, t.valid_from AS temporary_valid_from, t.valid_until AS temporary_valid_until,
         t.kind AS temporary_kind,
         CASE WHEN l.amount IS NOT NULL THEN
           CASE WHEN l.valid_until < CAST(:today AS date) THEN 0 ELSE l.amount END + coalesce(t.amount, 0)
           + coalesce((SELECT sum((v.value ->> 2)::bigint) FROM jsonb_array_elements(a.covers) v
                       WHERE v.value ->> 1 = ANY(CAST(:cover_kinds AS text[]))), 0)
           - (k.open - k.disputed + round(k.disputed * CAST(:disputed_bps AS numeric) / 10000)
              - greatest(k.unapplied - k.kept, 0)
              + round(k.delivered * CAST(:delivered_bps AS numeric) / 10000)
              + CASE WHEN CAST(:accrued_interest AS boolean) THEN k.accrued ELSE 0 END)
           - k.reserved
         END AS available,
         (SELECT jsonb_agg(jsonb_build_array(h.hold_id, h.rule) ORDER BY h.hold_id) FROM credit_hold h
          WHERE h.customer_id = k.customer_id AND h.released_at IS NULL) AS holds
  FROM (
    SELECT h.tenant_id, h.customer_id, h.currency, coalesce(e.open, 0) AS open, coalesce(e.disputed, 0) AS disputed,
           coalesce(e.unapplied, 0) AS unapplied, coalesce(e.delivered, 0) AS delivered,
           coalesce(e.accrued, 0) AS accrued, coalesce(e.kept, 0) AS kept, h.reserved,
           coalesce(e.sequence, 0) AS sequence
    FROM authorization_head h LEFT JOIN exposure e USING (tenant_id, customer_id, currency)
    UNION ALL
    SELECT e.tenant_id, e.customer_id, e.currency, e.open, e.disputed, e.unapplied, e.delivered, e.accrued, e.kept, 0,
           e.sequence
    FROM exposure e
    WHERE NOT EXISTS (SELECT FROM authorization_head h WHERE h.tenant_id = e.tenant_id
                      AND h.customer_id = e.customer_id AND h.currency = e.currency)) k
  LEFT JOIN LATERAL ({_COVERED}) a (covers) ON true
  LEFT JOIN customer c USING (tenant_id, customer_id)
  LEFT JOIN customer_owner o USING (tenant_id, customer_id)
  LEFT JOIN LATERAL (
    SELECT * FROM credit_limit x
    WHERE (x.tenant_id, x.customer_id, x.currency) = (k.tenant_id, k.customer_id, k.currency)
      AND x.kind = 'base' AND x.valid_from <= CAST(:today AS date) ORDER BY x.version DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (
    SELECT * FROM credit_limit x
    WHERE (x.tenant_id, x.customer_id, x.currency) = (k.tenant_id, k.customer_id, k.currency)
      AND x.kind = 'temporary' AND CAST(:today AS date) BETWEEN x.valid_from AND x.valid_until
    ORDER BY x.version DESC LIMIT 1) t ON true"""  # noqa: S608  constants only
"""Each limit and hold is one probe of an index, so that a page by customer reads no more rows than it shows."""
_FILTERED = f"""
SELECT * FROM ({_FIGURES}) p
WHERE (CAST(:currency AS text) IS NULL OR currency = CAST(:currency AS text))
  AND (CAST(:below AS bigint) IS NULL OR available < CAST(:below AS bigint))
  AND (CAST(:hold AS boolean) IS NULL OR (holds IS NOT NULL) = CAST(:hold AS boolean))
  AND (CAST(:owners AS text[]) IS NULL OR owner_code = ANY(CAST(:owners AS text[])))"""  # noqa: S608  constants only
_OF_CUSTOMERS = text(f"""
SELECT * FROM ({_FIGURES}) p WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))
ORDER BY customer_id, currency""")  # noqa: S608
_BY_CUSTOMER = text(f"""{_FILTERED}
  AND (customer_id, currency) > (CAST(:after_id AS uuid), CAST(:after_currency AS text))
ORDER BY customer_id, currency LIMIT CAST(:most AS bigint)""")
_BY_AVAILABLE = text(f"""{_FILTERED}
  AND (CAST(:after_available AS numeric) IS NULL
       OR (coalesce(available, {NOT_RATED_SORTS_AS}), customer_id, currency)
          > (CAST(:after_available AS numeric), CAST(:after_id AS uuid), CAST(:after_currency AS text)))
ORDER BY coalesce(available, {NOT_RATED_SORTS_AS}), customer_id, currency LIMIT CAST(:most AS bigint)""")
_CUSTOMER = text(
    "SELECT number, name, status, sequence FROM customer WHERE customer_id = CAST(:customer_id AS uuid)")
_HEARD = text(
    "SELECT owner, sequence FROM watermark WHERE consumer = 'credit' AND stream = :stream ORDER BY owner")


@dataclass(frozen=True, slots=True)
class Position:
    """One customer in one currency, and why even the smallest order would be refused: no reason means it can buy.

    `group`: as it stands, where it has a limit. Number, name and status are None for one whom customer-svc has not
    told of yet.
    """

    customer_id: UUID
    number: str | None
    name: str | None
    status: str | None
    limit: LimitInForce
    parts: ExposureParts
    exposure: Money
    available: Money | None
    sequence: int
    owner_id: UUID | None
    owner_code: str | None
    holds: tuple[StandingHold, ...]
    reasons: tuple[DenialReason, ...]
    covers: tuple[CountedCover, ...]
    terms: CashTerms
    group: GroupStanding | None

    @property
    def currency(self) -> str:
        return self.parts.currency


@dataclass(frozen=True, slots=True)
class Asked:
    """Which positions: in a currency, with less than so much available, on hold or not, of owners, after the last."""

    currency: str | None
    below: Money | None
    by_available: bool
    after: Sequence[Any] | None
    most: int
    hold: bool | None = None
    owners: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A customer's head data, and how far its stream was heard, by owner."""

    number: str | None
    name: str | None
    status: str | None
    heard: dict[str, int]


async def known(tx: Tx, customer_id: UUID) -> Known | None:
    """What was heard of a customer from any owner; None when nothing was."""
    row = await tx.row(_CUSTOMER, customer_id=customer_id)
    heard = {one["owner"]: one["sequence"] for one in await tx.rows(_HEARD, stream=f"{tx.tenant}:{customer_id}")}
    if row is None:
        return Known(None, None, None, heard) if heard else None
    return Known(row["number"], row["name"], row["status"], heard)


async def of_customers(
    tx: Tx, customer_ids: Collection[UUID], *, today: date, policy: CreditPolicy,
) -> Sequence[Position]:
    """Positions by customer, one per currency."""
    rows = await tx.rows(_OF_CUSTOMERS, customer_ids=list(customer_ids), **_bound(today, policy))
    return await _positions(tx, rows, today, policy)


async def some(tx: Tx, asked: Asked, *, today: date, policy: CreditPolicy) -> Sequence[Position]:
    """Positions in the order asked for; `after` holds (sort value, customer, currency) of the last one seen."""
    after_available, after_id, after_currency = asked.after or (None, NIL, "")
    rows = await tx.rows(
        _BY_AVAILABLE if asked.by_available else _BY_CUSTOMER,
        currency=asked.currency, below=asked.below and asked.below.minor, most=asked.most,
        hold=asked.hold, owners=asked.owners, after_available=after_available, after_id=UUID(str(after_id)),
        after_currency=after_currency,
        **_bound(today, policy))
    return await _positions(tx, rows, today, policy)


async def _positions(tx: Tx, rows: Sequence[Any], today: date, policy: CreditPolicy) -> list[Position]:
    standings = await groups.of_customers(tx, {row["customer_id"] for row in rows}, today=today)
    return [_position(row, standings.get(row["customer_id"]), today=today, policy=policy) for row in rows]


def _bound(today: date, policy: CreditPolicy) -> dict[str, Any]:
    return {"today": today, "disputed_bps": policy.disputed_weight_bps, "delivered_bps": policy.delivered_weight_bps,
            "cover_kinds": list(policy.cover_kinds), "accrued_interest": policy.accrued_interest}


def _position(row: Any, group: GroupStanding | None, *, today: date, policy: CreditPolicy) -> Position:
    currency = row["currency"]
    figures = figures_of(currency, opened=row["open"], disputed=row["disputed"], unapplied=row["unapplied"])
    parts = ExposureParts.of(
        figures, reserved=Money(row["reserved"], currency), delivered=Money(row["delivered"], currency),
        accrued=Money(row["accrued"], currency), kept=Money(row["kept"], currency))
    covers = counted_covers(row["covers"], currency)
    limit = limit_in_force(
        facts_of(row, currency), today=today, covered=covered(covers, policy.cover_kinds, currency))
    exposure = exposure_of(parts, policy)
    available = credit_available(limit, exposure)
    assert (available and available.minor) == (row["available"] and int(row["available"])), "list and rule agree"
    holds = tuple(StandingHold(UUID(hold_id), rule) for hold_id, rule in row["holds"] or ())
    terms = CashTerms(row["prepayment_bps"] or 0, bool(row["cash_on_delivery"]))
    least = DecisionInputs(
        Money(1, currency), today, row["status"] or "", limit.fact, parts, policy, {}, limit.temporary, holds,
        row["customer_id"], group, covers, terms)
    return Position(
        row["customer_id"], row["number"], row["name"], row["status"], limit, parts, exposure, available,
        row["sequence"], row["owner_id"], row["owner_code"], holds, decide(least).reasons, covers, terms,
        group)

"""What the rules of holds look at beside what is owed: limits, reservations, promises, waivers, many in one trip."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.hold import Beside, HoldRule
from credit_svc.store import holds, owed_items
from credit_svc.store.mergers import ENTRIES_OF_ALL
from dunlin_events.consuming import Tx
from dunlin_kernel.calendar import days_after
from dunlin_kernel.money import Money

_BESIDE = text(f"""
WITH RECURSIVE {ENTRIES_OF_ALL}
SELECT w.customer_id, b.broken_on,
  (SELECT jsonb_object_agg(h.currency, h.reserved) FROM authorization_head h
   WHERE h.customer_id = w.customer_id) AS reserved,
  (SELECT jsonb_object_agg(l.currency, l.amount) FROM (
     SELECT DISTINCT ON (currency) currency,
            CASE WHEN valid_until < CAST(:today AS date) THEN 0 ELSE amount END AS amount
     FROM credit_limit WHERE customer_id = w.customer_id AND kind = 'base' AND valid_from <= CAST(:today AS date)
     ORDER BY currency, version DESC) l) AS base,
  (SELECT jsonb_object_agg(l.currency, l.amount) FROM (
     SELECT DISTINCT ON (currency) currency, amount FROM credit_limit
     WHERE customer_id = w.customer_id AND kind = 'temporary'
       AND CAST(:today AS date) BETWEEN valid_from AND valid_until
     ORDER BY currency, version DESC) l) AS temporary,
  (SELECT jsonb_object_agg(v.currency, v.counts) FROM (
     SELECT v.currency, sum(v.counts)::bigint AS counts FROM cover v
     WHERE v.customer_id = w.customer_id AND v.state = 'standing' AND v.valid_from <= CAST(:today AS date)
       AND (v.valid_until IS NULL OR v.valid_until >= CAST(:today AS date)) AND coalesce((
         SELECT p.rules -> 'cover_kinds' FROM credit_policy p WHERE p.effective_from <= CAST(:today AS date)
         ORDER BY p.version DESC LIMIT 1) ? v.kind, true) GROUP BY 1) v) AS covered,
  (SELECT jsonb_object_agg(v.rule, v.until) FROM (
     SELECT rule, max(waived_until) AS until FROM credit_hold
     WHERE customer_id = w.customer_id AND waived_until >= CAST(:today AS date) GROUP BY rule) v) AS waived,
  (SELECT r.grade FROM credit_rating r WHERE r.customer_id = w.customer_id ORDER BY r.rating_id DESC LIMIT 1) AS grade
FROM unnest(CAST(:customer_ids AS uuid[])) w (customer_id)
LEFT JOIN (SELECT e.of_id, max(p.broken_on) AS broken_on FROM entry e JOIN broken_promise p USING (customer_id)
           WHERE p.broken GROUP BY 1) b ON b.of_id = w.customer_id""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Moment:
    """Business time, and the tenant's date at it."""

    now: datetime
    today: date


async def beside(
    tx: Tx, customer_ids: Collection[UUID], *, moment: Moment, grace_days: int, items: Collection[UUID] = (),
) -> Mapping[UUID, Beside]:
    """Only after the locks on the exposures; locks the holds that stand."""
    standing = await holds.standing(tx, customer_ids)
    before = days_after(moment.today, -grace_days)
    overdue = await owed_items.overdue(tx, customer_ids, before=before, beside=items)
    return await _read(tx, customer_ids, moment, standing, overdue)


async def look(
    tx: Tx, customer_ids: Collection[UUID], *, moment: Moment, grace_days: int,
) -> Mapping[UUID, Beside]:
    """The same for one who only looks: nothing is locked."""
    standing = await holds.standing(tx, customer_ids, to_change=False)
    overdue = await owed_items.overdue(tx, customer_ids, before=days_after(moment.today, -grace_days))
    return await _read(tx, customer_ids, moment, standing, overdue)


async def _read(
    tx: Tx, customer_ids: Collection[UUID], moment: Moment, standing: Mapping[UUID, Mapping[HoldRule, UUID]],
    overdue: owed_items.ByCustomer,
) -> Mapping[UUID, Beside]:
    rows = await tx.rows(_BESIDE, customer_ids=list(customer_ids), today=moment.today)
    return {row["customer_id"]: _beside(row, moment, standing, overdue) for row in rows}


def _beside(
    row: Any, moment: Moment, standing: Mapping[UUID, Mapping[HoldRule, UUID]], overdue: owed_items.ByCustomer,
) -> Beside:
    customer, temporary, covers = row["customer_id"], row["temporary"] or {}, row["covered"] or {}
    added = {currency: temporary.get(currency, 0) + covers.get(currency, 0) for currency in {*temporary, *covers}}
    limits = {currency: None if minor is None else Money(minor + added.get(currency, 0), currency)
              for currency, minor in (row["base"] or {}).items()}
    return Beside(
        moment.now, moment.today, standing.get(customer, {}), overdue.get(customer, {}),
        {currency: Money(minor, currency) for currency, minor in (row["reserved"] or {}).items()}, limits,
        row["grade"], row["broken_on"],
        {HoldRule(rule): date.fromisoformat(until) for rule, until in (row["waived"] or {}).items()})

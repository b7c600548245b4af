"""The ageing report broken down by what customers have in common: owner, group, class, region, industry, currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Date, DateTime, Integer, Numeric, Text, bindparam, text

from billing_svc.domain.ageing import Aged, AgeingBasis, AgeingPolicy, Controls
from billing_svc.domain.kept_ageing import KEPT
from billing_svc.store.ageing import AgeingQuestion, aged_of, controls_of
from billing_svc.store.ageing_statements import GATHERING, Form, held_by
from billing_svc.store.customer_dimensions import counted_under
from dunlin_kit.transaction import Transaction

_BINDS: dict[str, Any] = {
    "as_of": Date(), "known_at": DateTime(timezone=True), "currency": Text(), "wanted": Integer(),
    "after_by": Numeric(), "after_currency": Text(), "after_value": Text()}


class AgeingDimension(StrEnum):
    """By what a report may be broken down; the classes are those of customer-svc."""

    OWNER = "owner"
    GROUP = "group"
    REGION = "region"
    INDUSTRY = "industry"
    CURRENCY = "currency"
    ABC = "abc"
    VALUE_TIER = "value_tier"
    IMPORTANCE = "importance"
    PAYMENT_BEHAVIOUR = "payment_behaviour"
    SIZE = "size"
    TYPE = "type"


_COLUMNS = {
    AgeingDimension.OWNER: "c.owner_code", AgeingDimension.GROUP: "c.group_number",
    AgeingDimension.REGION: "c.region", AgeingDimension.INDUSTRY: "c.industry"}


@dataclass(frozen=True, slots=True)
class AgeingPart:
    """What customers with one value owe together in one currency; value None: they have none."""

    value: str | None
    customers: int
    aged: Aged


@dataclass(frozen=True, slots=True)
class PartsAsked:
    """By what, so many at most, after the part at this place (overdue turned, currency, value)."""

    dimension: AgeingDimension
    wanted: int
    after: tuple[int, str, str] | None


@dataclass(frozen=True, slots=True)
class AgeingBreakdown:
    """The parts asked for, the most overdue first, and by currency the sum of all and both controls."""

    parts: Sequence[AgeingPart]
    totals: Mapping[str, Aged]
    controls: Mapping[str, Controls]


async def breakdown(
    tx: Transaction, question: AgeingQuestion, policy: AgeingPolicy, asked: PartsAsked,
) -> AgeingBreakdown:
    """Customers count where they belonged on the day that is asked for, as far as it was known then."""
    kept = question.is_present and policy == KEPT and question.basis is AgeingBasis.DUE_DATE
    form = Form((1, *(edge + 1 for edge in policy.edges)), None if kept else question.basis, question.latest is None,
                question.filters, asked.dimension.value, asked.after is not None)
    if not kept:
        await tx.row(GATHERING)
    by, currency, value = asked.after or (None, None, None)
    found = await tx.rows(_breakdown_of(form, question.is_present), **question.binds(), wanted=asked.wanted,
                          after_by=by, after_currency=currency, after_value=value)
    totals = [row for row in found if row["customers"] is None]
    return AgeingBreakdown(
        [AgeingPart(row["value"], row["customers"], aged_of(row, question.as_of)) for row in found[len(totals):]],
        {row["currency"]: aged_of(row, question.as_of) for row in totals},
        {row["currency"]: controls_of(row) for row in totals})


@cache
def _breakdown_of(form: Form, present: bool) -> Any:
    """Totals by currency first, then the parts; their sums may be beyond 64 bits."""
    each = range(1, len(form.starts) + 2)
    value, counted = _counted(AgeingDimension(form.order), present)
    sums = f"""ARRAY[{", ".join(f"coalesce(sum(h.aged[{n}]), 0)" for n in each)}] AS aged,
         ARRAY[{", ".join(f"coalesce(sum(h.items[{n}]), 0)::bigint" for n in each)}] AS items,
         sum(h.unapplied) AS unapplied"""
    overdue = " + ".join(f"p.aged[{n}]" for n in each[1:])
    goes_on = "WHERE (b.by, b.currency, b.place) > (:after_by, :after_currency, :after_value)" if form.goes_on else ""
    statement = f"""{held_by(form)}
summed AS (
  SELECT h.currency, {sums}, sum(h.owed) AS owed, sum(h.base_owed) AS base_owed, sum(h.base_unapplied) AS base_unapplied
  FROM held h GROUP BY 1 HAVING sum(h.entries) > 0),
broken_down AS (
  SELECT {value} AS value, h.currency, {sums}, count(*) AS customers
  FROM held h {counted}
  WHERE {" + ".join(f"h.items[{n}]" for n in each)} > 0 OR h.unapplied <> 0 GROUP BY 1, 2)
SELECT NULL AS value, NULL::bigint AS customers, s.currency, s.aged, s.items, s.unapplied, NULL::date AS oldest, s.owed,
       s.base_owed, s.base_unapplied, (SELECT currency FROM tenant) AS base_currency, NULL::numeric AS by
FROM summed s
UNION ALL (
  SELECT b.value, b.customers, b.currency, b.aged, b.items, b.unapplied, NULL, NULL, NULL, NULL, NULL, b.by
  FROM (SELECT p.*, -({overdue}) AS by, coalesce(p.value, '') AS place FROM broken_down p) b {goes_on}
  ORDER BY b.by, b.currency, b.place LIMIT :wanted)"""  # noqa: S608  constants
    return text(statement).bindparams(
        *(bindparam(name, type_=kind) for name, kind in _BINDS.items() if f":{name}" in statement))


def _counted(dimension: AgeingDimension, present: bool) -> tuple[str, str]:
    """The value by which an account counts, and the join that finds it: for today in the copy of its customer."""
    if dimension is AgeingDimension.CURRENCY:
        return "h.currency", ""
    of = "customer" if present else counted_under(dimension.value, "as_of")
    value = _COLUMNS.get(dimension, f"c.classes ->> '{dimension.value}'") if present else "c.value"
    return value, f"LEFT JOIN {of} c ON c.customer_id = h.customer_id"

"""The product analysis: what is open of items shared out to invoice lines, and what was billed by product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Date, Integer, Numeric, Text, bindparam, text

from billing_svc.domain.ageing import Aged, AgeingPolicy
from billing_svc.domain.product_analysis import ProductPart
from billing_svc.store.ageing_statements import abreast
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

Place = tuple[int, str, str]
_BINDS: dict[str, Any] = {
    "today": Date(), "start": Date(), "end": Date(), "currency": Text(), "wanted": Integer(), "after_by": Numeric(),
    "after_currency": Text(), "after_product": Text()}
CONTROLS = text("SELECT currency, sum(open) AS owed FROM account GROUP BY 1")


@dataclass(frozen=True, slots=True)
class ProductsAsked:
    """Owed as of today and billed in a period, in which currency (None: each), so many at most, after the part at this
    place (what is open turned, currency, product)."""

    today: date
    start: date
    end: date
    currency: str | None
    wanted: int
    after: Place | None


async def parts(tx: Transaction, policy: AgeingPolicy, asked: ProductsAsked) -> Sequence[ProductPart]:
    """What most is open of first."""
    by, currency, product = asked.after or (None, None, None)
    rows = await tx.rows(
        _parts_of((1, *(edge + 1 for edge in policy.edges)), asked.after is not None), today=asked.today,
        start=asked.start, end=asked.end, currency=asked.currency, wanted=asked.wanted, after_by=by,
        after_currency=currency, after_product=product)
    return [_part(row) for row in rows]


async def controls(tx: Transaction) -> Mapping[str, Money]:
    """Receivables control by currency."""
    return {row["currency"]: Money(int(row["owed"]), row["currency"]) for row in await tx.rows(CONTROLS)}


def _part(row: Any) -> ProductPart:
    currency = row["currency"]
    aged = Aged(tuple(Money(int(minor), currency) for minor in row["aged"]), tuple(row["items"]),
                Money.zero(currency), row["oldest"])
    return ProductPart(row["product"], Money(int(row["billed"]), currency), aged, Money(int(row["whole"]), currency))


@cache
def _parts_of(starts: tuple[int, ...], goes_on: bool) -> Any:
    """Quotients are exact: `div` of whole numbers, and what they leave over goes to the largest remainders, the earlier
    line first."""
    after = "WHERE (by, currency, place) > (:after_by, :after_currency, :after_product)" if goes_on else ""
    none = "0, " * len(starts) + "0"
    statement = f"""
WITH owed AS (
  SELECT id, CASE kind WHEN 'invoice' THEN invoice_id END AS invoice_id, currency, open, due_on FROM item
  WHERE open > 0 AND (CAST(:currency AS text) IS NULL OR currency = :currency)),
weighed AS (
  SELECT o.*, l.position, l.product, l.net + l.tax AS weight, sum(l.net + l.tax) OVER (PARTITION BY o.id) AS weights
  FROM owed o LEFT JOIN invoice_line l ON l.invoice_id = o.invoice_id),
cut AS (
  SELECT *, div(open::numeric * weight, weights) AS least, open::numeric * weight % weights AS rest FROM weighed
  WHERE weights > 0),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY rest DESC, position) AS rank,
         open - sum(least) OVER (PARTITION BY id) AS over FROM cut),
shared AS (
  SELECT id, currency, product, due_on, least + CASE WHEN rank <= over THEN 1 ELSE 0 END AS amount FROM ranked
  UNION ALL SELECT id, currency, NULL, due_on, open FROM weighed WHERE weights IS NULL),
aged AS (
  SELECT s.product, s.currency, {abreast(starts, "(:today - s.due_on)", "s.amount", "DISTINCT s.id")},
         sum(s.amount) AS open, max(:today - s.due_on) AS oldest FROM shared s WHERE s.amount > 0 GROUP BY 1, 2),
billed AS (
  SELECT l.product, l.currency, sum(l.net + l.tax) AS billed FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
  WHERE i.status = 'issued' AND i.issued_on BETWEEN :start AND :end
    AND (CAST(:currency AS text) IS NULL OR i.currency = :currency) GROUP BY 1, 2),
sums AS (
  SELECT coalesce(a.product, b.product) AS product, coalesce(a.currency, b.currency) AS currency,
         coalesce(b.billed, 0) AS billed, coalesce(a.aged, ARRAY[{none}]::bigint[]) AS aged,
         coalesce(a.items, ARRAY[{none}]::bigint[]) AS items, greatest(coalesce(a.oldest, 0), 0) AS oldest,
         -coalesce(a.open, 0) AS by, coalesce(a.product, b.product, '') AS place
  FROM aged a FULL JOIN billed b ON b.currency = a.currency AND coalesce(b.product, '') = coalesce(a.product, ''))
SELECT * FROM (SELECT *, -sum(by) OVER (PARTITION BY currency) AS whole FROM sums) found {after}
ORDER BY by, currency, place LIMIT :wanted"""  # noqa: S608  constants
    return text(statement).bindparams(
        *(bindparam(name, type_=kind) for name, kind in _BINDS.items() if f":{name}" in statement))

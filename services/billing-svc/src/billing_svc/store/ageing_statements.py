"""The statements of the ageing report: from what accounts keep for today, or from the items and what moved since then.

What was open on a day is what is open now less what moved it since, and so it is with the controls: the cost goes by
what is open and by what has happened since that day, never by what was settled before it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Date, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.ageing import AgeingBasis
from billing_svc.domain.ledger import OPENING
from billing_svc.store.customer_dimensions import counted_under, value_for

_BINDS: dict[str, Any] = {
    "as_of": Date(), "known_at": DateTime(timezone=True), "customer_id": Uuid(), "currency": Text(),
    "wanted": Integer(), "after_by": BigInteger(), "after_currency": Text(),
    "after_id": Uuid(), "ids": ARRAY(Uuid()), "owners": ARRAY(Text())}
_OWNED = {
    "owners": "SELECT o.customer_id FROM customer o WHERE o.owner_code = ANY(:owners)",
    "past_owners": f"SELECT o.customer_id FROM {counted_under('owner', 'as_of')} o WHERE o.value = ANY(:owners)"}  # noqa: S608  constants
"""Filters by who answers for a customer today, and on the day that is asked for."""
HOLDS = "(a.aged_on <= :as_of AND (a.turns_on IS NULL OR a.turns_on > :as_of))"
"""Whether what an account keeps by age is so on that day."""


class Form(NamedTuple):
    """Which report: buckets that start on these days past due, kept or of a basis, known now or then, of whom, in what
    order, from the first row or a later."""

    starts: tuple[int, ...]
    basis: AgeingBasis | None
    known: bool
    filters: tuple[str, ...]
    order: str
    goes_on: bool


def abreast(starts: Sequence[int], days: str, amount: str = "open", count: str = "*", counted: str = "") -> str:
    """Amounts and numbers of items (those `counted`) by bucket, as two arrays, of rows so many `days` past due."""
    within = [" AND ".join(one for one in (
        f"{days} >= {starts[n - 1]}" if n else "", f"{days} < {starts[n]}" if n < len(starts) else "") if one)
        for n in range(len(starts) + 1)]
    amounts = ", ".join(f"coalesce(sum({amount}) FILTER (WHERE {one}), 0)::bigint" for one in within)
    items = ", ".join(f"count({count}) FILTER (WHERE {one}{counted})" for one in within)
    return f"ARRAY[{amounts}] AS aged, ARRAY[{items}] AS items"


def _matching(filters: tuple[str, ...], alias: str) -> str:
    return "".join(
        f" AND {alias}.customer_id IN ({_OWNED[name]})" if name in _OWNED else f" AND {alias}.{name} = :{name}"
        for name in filters)


def _since(known: bool, alias: str) -> str:
    late = f" OR {alias}.recorded_at > :known_at" if known else ""
    return f"({alias}.effective_on > :as_of{late})"


_CONTROLS = """a.open AS owed, a.unapplied, coalesce(a.base_open, a.open) AS base_owed,
  coalesce(a.base_unapplied, a.unapplied) AS base_unapplied"""
_LESS = ", ".join(f"n.{name} - coalesce(s.{name}, 0) AS {name}" for name in (
    "entries", "owed", "unapplied", "base_owed", "base_unapplied"))
OPENED_BY = ", ".join(f"'{kind.value}'" for kind in OPENING)


def _kept(form: Form) -> str:
    """What accounts keep; of those whose day has not turned yet, from their items."""
    held, matching = f"a.customer_id, a.currency, a.entries, {_CONTROLS}", _matching(form.filters, "a")
    return f"""
WITH held AS (
  SELECT {held}, a.aged, a.aged_items AS items, NULL::date AS oldest FROM account a WHERE {HOLDS}{matching}
  UNION ALL
  SELECT {held}, f.aged, f.items, NULL
  FROM account a CROSS JOIN LATERAL (
    SELECT {abreast(form.starts, "(:as_of - i.due_on)")} FROM item i
    WHERE i.open > 0 AND i.customer_id = a.customer_id AND i.currency = a.currency) f
  WHERE NOT {HOLDS}{matching}),"""  # noqa: S608  constants


def _moved(form: Form) -> str:
    """What the ledger has moved since in each account; and each item that was there and moved since, with what was
    open of it then.

    A fact that opens an item takes effect on the item's own day: one since then is of an item that was not there.
    """
    since = _since(form.known, "e") + _matching(form.filters, "e")
    there = f"(e.fact_kind NOT IN ({OPENED_BY}){' OR e.effective_on <= :as_of' if form.known else ''})"
    dated = "i.effective_on" if form.basis is AgeingBasis.INVOICE_DATE else "i.due_on"
    owed, paid = "FILTER (WHERE e.item_id IS NOT NULL), 0)::bigint", "FILTER (WHERE e.item_id IS NULL), 0)::bigint"
    return f"""
WITH since AS (
  SELECT e.customer_id, e.currency, count(*) AS entries,
         coalesce(sum(e.amount) {owed} AS owed, coalesce(sum(e.amount) {paid} AS unapplied,
         coalesce(sum(coalesce(e.base_amount, e.amount)) {owed} AS base_owed,
         coalesce(sum(coalesce(e.base_amount, e.amount)) {paid} AS base_unapplied
  FROM ledger_entry e WHERE {since} GROUP BY 1, 2),
touched AS MATERIALIZED (
  SELECT m.customer_id, m.currency, i.item_id, i.due_on, m.amount AS moved, i.open > 0 AS is_open,
         i.open - m.amount AS open
  FROM (SELECT e.customer_id, e.currency, e.item_id, sum(e.amount)::bigint AS amount FROM ledger_entry e
        WHERE {since} AND e.item_id IS NOT NULL AND {there} GROUP BY 1, 2, 3) m
  CROSS JOIN LATERAL (
    SELECT i.id AS item_id, {dated} AS due_on, CASE i.customer_id WHEN m.customer_id THEN i.open ELSE 0 END AS open
    FROM item i WHERE i.id = m.item_id AND i.effective_on <= :as_of OFFSET 0) i),"""  # noqa: S608  constants


def _by_age(form: Form) -> str:
    """What is open now and was there, less what was not open then; and what items that moved since change in that."""
    dated = "i.effective_on" if form.basis is AgeingBasis.INVOICE_DATE else "i.due_on"
    return f"""
standing AS (
  SELECT i.customer_id, i.currency, {abreast(form.starts, f"(:as_of - {dated})")}, min({dated}) AS oldest FROM item i
  WHERE i.open > 0 AND i.effective_on <= :as_of{_matching(form.filters, "i")}
    AND i.id NOT IN (SELECT item_id FROM touched WHERE is_open AND open = 0)
  GROUP BY 1, 2),
back AS (
  SELECT t.customer_id, t.currency, min(t.due_on) AS oldest, {abreast(
      form.starts, "(:as_of - t.due_on)", "CASE WHEN t.is_open THEN -t.moved ELSE t.open END",
      counted=" AND NOT t.is_open")}
  FROM touched t WHERE t.open <> 0 GROUP BY 1, 2),"""  # noqa: S608  constants


def _by_arranged_age(form: Form) -> str:
    """Item by item, for a part that is due by itself counts as its item does."""
    ages = abreast(form.starts, "(:as_of - d.due_on)", count="DISTINCT d.item_id")
    return f"""
owed AS (
  SELECT i.customer_id, i.currency, i.id AS item_id, i.due_on, i.open FROM item i
  WHERE i.open > 0 AND i.effective_on <= :as_of{_matching(form.filters, "i")}
    AND i.id NOT IN (SELECT item_id FROM touched WHERE is_open)
  UNION ALL SELECT customer_id, currency, item_id, due_on, open FROM touched WHERE open <> 0),
stood AS (SELECT item_id, max(due_version) AS due_version FROM standing_due
          WHERE effective_on <= :as_of AND recorded_at <= :known_at GROUP BY 1),
parts AS (SELECT d.item_id, d.due_on, d.amount, d.position, sum(d.amount) OVER (
            PARTITION BY d.item_id ORDER BY d.position DESC) - d.amount AS later
          FROM standing_due d JOIN stood USING (item_id, due_version)),
dated AS (
  SELECT o.customer_id, o.currency, o.item_id, coalesce(p.due_on, o.due_on) AS due_on,
         CASE WHEN p.position = 1 THEN o.open - p.later WHEN p.position > 1 THEN least(p.amount, o.open - p.later)
              ELSE o.open END AS open
  FROM owed o LEFT JOIN parts p ON p.item_id = o.item_id),
standing AS (SELECT d.customer_id, d.currency, {ages}, min(d.due_on) AS oldest FROM dated d
             WHERE d.open > 0 GROUP BY 1, 2),
back AS (SELECT * FROM standing WHERE false),"""  # noqa: S608  constants


def _reckoned(form: Form) -> str:
    by_age = _by_arranged_age if form.basis is AgeingBasis.ARRANGED else _by_age
    both = [", ".join(f"coalesce(g.{name}[{n}], 0) + coalesce(b.{name}[{n}], 0)" for n in range(
        1, len(form.starts) + 2)) for name in ("aged", "items")]
    return f"""{_moved(form)}{by_age(form)}
held AS (
  SELECT n.customer_id, n.currency, {_LESS}, ARRAY[{both[0]}] AS aged, ARRAY[{both[1]}] AS items,
         least(g.oldest, b.oldest) AS oldest
  FROM (SELECT a.customer_id, a.currency, a.entries, {_CONTROLS} FROM account a
        WHERE true{_matching(form.filters, "a")}) n
  LEFT JOIN since s USING (customer_id, currency) LEFT JOIN standing g USING (customer_id, currency)
  LEFT JOIN back b USING (customer_id, currency)),"""  # noqa: S608  constants


def _shown(form: Form) -> str:
    """The totals, each with the days of its oldest item, then the rows asked for in their order.

    Sums over many accounts are numeric: they may be beyond 64 bits.
    """
    each = range(1, len(form.starts) + 2)
    kept = form.basis is None
    oldest = (f"""(SELECT i.due_on FROM item i WHERE i.open > 0 AND i.currency = s.currency
  {_matching(tuple(one for one in form.filters if one != "currency"), "i")} ORDER BY i.due_on LIMIT 1)"""  # noqa: S608  constants
              if kept else "s.oldest")
    own = """(SELECT i.due_on FROM item i WHERE i.open > 0 AND i.customer_id = r.customer_id AND i.currency = r.currency
  ORDER BY i.due_on LIMIT 1)""" if kept else "r.oldest"
    by = {"overdue": _sum_of(each[1:]), "receivables": _sum_of(each), "customer_id": "0"}[form.order]
    goes_on = " AND (r.by, r.currency, r.customer_id) > (:after_by, :after_currency, :after_id)" if form.goes_on else ""
    return f"""
summed AS (
  SELECT currency, ARRAY[{", ".join(f"coalesce(sum(aged[{n}]), 0)" for n in each)}] AS aged,
         ARRAY[{", ".join(f"coalesce(sum(items[{n}]), 0)::bigint" for n in each)}] AS items,
         sum(unapplied) AS unapplied, min(oldest) AS oldest, sum(owed) AS owed,
         sum(base_owed) AS base_owed, sum(base_unapplied) AS base_unapplied
  FROM held GROUP BY 1 HAVING sum(entries) > 0),
ordered AS (
  SELECT * FROM (SELECT h.*, coalesce(-({by}), 0) AS by FROM held h) r
  WHERE ({_sum_of(each, "items")} > 0 OR unapplied <> 0){goes_on}
  ORDER BY r.by, r.currency, r.customer_id LIMIT :wanted)
SELECT NULL::uuid AS customer_id, s.currency, s.aged, s.items, s.unapplied, {oldest} AS oldest, s.owed, s.base_owed,
       s.base_unapplied, (SELECT currency FROM tenant) AS base_currency, 0 AS by
FROM summed s
UNION ALL (
  SELECT r.customer_id, r.currency, r.aged::numeric[], r.items, r.unapplied, {own}, NULL, NULL, NULL, NULL, r.by
  FROM ordered r ORDER BY r.by, r.currency, r.customer_id)"""  # noqa: S608  constants


def _sum_of(each: range, of: str = "aged") -> str:
    return " + ".join(f"{of}[{n}]" for n in each)


def _bound(statement: str) -> Any:
    return text(statement).bindparams(
        *(bindparam(name, type_=kind) for name, kind in _BINDS.items() if f":{name}" in statement))


@cache
def report_of(form: Form) -> Any:
    """Rows with no customer are totals by currency, with both controls; the others are those asked for, in order.

    The controls are what accounts stand at by the journal, less what the ledger has moved since.
    """
    return _bound(held_by(form) + _shown(form))


def held_by(form: Form) -> str:
    """What each account holds by age, as `held` in a `WITH` that goes on."""
    return _kept(form) if form.basis is None else _reckoned(form)


GATHERING = text("SELECT set_config('work_mem', '128MB', true)")
"""What a report from the items needs to keep them in memory; for this transaction alone."""
_DEBTORS = """
SELECT c.customer_id, c.number, c.name, {owner} AS owner_code, p.received_on AS last_paid_on FROM customer c
LEFT JOIN LATERAL (
  SELECT k.received_on FROM credit k WHERE k.customer_id = c.customer_id AND k.kind = 'payment'
    AND (SELECT true FROM ledger_entry e WHERE e.credit_id = k.id AND e.fact_kind = 'payment_confirmed'
           AND e.customer_id = c.customer_id AND e.effective_on <= :as_of AND e.recorded_at <= :known_at LIMIT 1)
    AND (SELECT r.id FROM payment_reversal r WHERE r.credit_id = k.id
           AND r.effective_on <= :as_of AND r.recorded_at <= :known_at LIMIT 1) IS NULL
  ORDER BY k.received_on DESC LIMIT 1) p ON true
WHERE c.customer_id = ANY(:ids)"""
DEBTORS = _bound(_DEBTORS.format(owner="c.owner_code"))
PAST_DEBTORS = _bound(_DEBTORS.format(owner=value_for("c.customer_id", "owner", "as_of")))
"""Who they are, with who answers for them on that day; the last payment as of both times: the newest first until one
counts, each looked up by itself, for a join would read the whole past of a customer."""

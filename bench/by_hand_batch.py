"""Invoices created and issued together in one call, written by hand: of different customers, numbered in one series."""

import json
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from bench.by_hand_invoice import InvoiceIn, amounts, answer_of, buyer_of, tell
from bench.by_hand_rows import Answer, Books, Call
from bench.by_hand_sql import BARRIER, CLOSED_UNTIL, TENANT, fused, row, rows
from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kernel.ids import new_id


class BatchIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    invoices: Annotated[list[InvoiceIn], Field(min_length=1, max_length=500)]


KEY_AND_LOCKS = """WITH barrier AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({barrier}) AS held)
  SELECT a.customer_id, a.open, a.disputed, a.unapplied, a.entries, a.version, a.aged_on, a.turns_on, a.aged,
         a.aged_items, held,
         k.fingerprint, k.status, k.etag, k.location, k.body
  FROM barrier CROSS JOIN account a LEFT JOIN idempotency_key k ON k.key = {key}
  WHERE a.customer_id = ANY({customers}) AND a.currency = {currency} ORDER BY a.customer_id FOR UPDATE OF a"""
LOCKS = """SELECT customer_id, open, disputed, unapplied, entries, version, aged_on, turns_on, aged, aged_items
  FROM account
  WHERE customer_id = ANY({customers}) AND currency = {currency} ORDER BY customer_id FOR UPDATE"""
CUSTOMERS = """SELECT customer_id, number, name, kind, status, tax_id, due_days, end_of_month, instalments, discount
  FROM customer WHERE customer_id = ANY({customers}) AND known"""
NUMBERS = """UPDATE number_series SET next_number = next_number + {count}, last_issued_on = {today}
  WHERE series = {series} AND coalesce(last_issued_on, {today}) <= {today} RETURNING next_number - {count} AS taken"""
READ_ALL = f"""WITH t AS ({TENANT}), n AS (
    UPDATE number_series SET next_number = next_number + {{count}}, last_issued_on = t.today FROM t
    WHERE series = {{series}} AND coalesce(last_issued_on, t.today) <= t.today
    RETURNING next_number - {{count}} AS taken)
  SELECT t.name AS seller, t.now, t.today, n.taken, c.*, p.closed_until
  FROM t CROSS JOIN n CROSS JOIN ({CLOSED_UNTIL}) p CROSS JOIN ({CUSTOMERS}) c"""
INVOICES = """INSERT INTO invoice (tenant_id, id, customer_id, status, series, number, external_id, issued_on, due_on,
    currency, net, tax, total, tax_rounding, final, origin, buyer, seller, labels, delivery_ids, version, created_at,
    recorded_at)
  SELECT {tenant}, d.id, d.customer, 'issued', {series}, d.number, d.external, {today}, d.due, {currency}, d.net, d.tax,
    d.net + d.tax, 'rate', false, 'live', d.buyer, {seller}, '{}', '[]', 2, {now}, {now}
  FROM unnest({d_id}::uuid[], {d_customer}::uuid[], {d_number}::text[], {d_external}::text[], {d_due}::date[],
              {d_net}::bigint[], {d_tax}::bigint[], {d_buyer}::jsonb[])
    d (id, customer, number, external, due, net, tax, buyer)"""
LINES = """INSERT INTO invoice_line (tenant_id, invoice_id, position, description, product, quantity, unit_price,
             tax_rate, currency, net, tax)
  SELECT {tenant}, i.invoice, i.position, i.description, i.product, i.quantity, i.price, i.rate, {currency}, i.net,
         i.tax
  FROM unnest({i_invoice}::uuid[], {i_position}::bigint[], {i_description}::text[], {i_product}::text[],
              {i_quantity}::numeric[], {i_price}::numeric[], {i_rate}::numeric[], {i_net}::bigint[], {i_tax}::bigint[])
    i (invoice, position, description, product, quantity, price, rate, net, tax)"""
ITEMS = """INSERT INTO item (tenant_id, id, customer_id, invoice_id, kind, currency, amount, open, disputed,
    effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin, recorded_at,
    number, instalment, instalments)
  SELECT {tenant}, d.item, d.customer, d.id, 'invoice', {currency}, d.total, d.total, 0, {today}, {today}, d.due, d.due,
    1, 0, 'live', {now}, d.number, 1, 1
  FROM unnest({d_item}::uuid[], {d_customer}::uuid[], {d_id}::uuid[], {d_total}::bigint[], {d_due}::date[],
              {d_number}::text[]) d (item, customer, id, total, due, number)"""
MOVE_ACCOUNTS = """UPDATE account SET open = a.open, unapplied = a.unapplied, entries = a.entries, version = a.version,
    aged_on = a.aged_on, turns_on = a.turns_on, aged = a.aged::bigint[], aged_items = a.aged_items::bigint[]
  FROM unnest({a_customer}::uuid[], {a_open}::bigint[], {a_unapplied}::bigint[], {a_entries}::bigint[],
              {a_version}::bigint[], {a_aged_on}::date[], {a_turns_on}::date[], {a_aged}::text[],
              {a_aged_items}::text[])
    a (customer, open, unapplied, entries, version, aged_on, turns_on, aged, aged_items)
  WHERE customer_id = a.customer AND currency = {currency}"""
ENTER = """INSERT INTO ledger_entry (tenant_id, customer_id, currency, position, side, item_id, credit_id, fact_kind,
             fact_id, amount, effective_on, recorded_at)
  SELECT {tenant}, e.customer, {currency}, e.position, e.side, e.item, e.credit, e.kind, e.fact, e.amount, {today},
         {now}
  FROM unnest({e_customer}::uuid[], {e_position}::bigint[], {e_side}::text[], {e_item}::uuid[], {e_credit}::uuid[],
              {e_kind}::text[], {e_fact}::uuid[], {e_amount}::bigint[])
    e (customer, position, side, item, credit, kind, fact, amount)"""
JOURNAL = """INSERT INTO journal_entry (tenant_id, id, fact_kind, fact_id, customer_id, effective_on, recorded_at)
  SELECT {tenant}, j.*, {today}, {now}
  FROM unnest({j_id}::uuid[], {j_kind}::text[], {j_fact}::uuid[], {j_customer}::uuid[]) j"""
JOURNAL_LINES = """INSERT INTO journal_line (tenant_id, journal_entry_id, account, currency, amount)
  SELECT {tenant}, l.id, l.account, {currency}, l.amount
  FROM unnest({l_id}::uuid[], {l_account}::text[], {l_amount}::bigint[]) l (id, account, amount)"""
AUDIT = """INSERT INTO audit_log (tenant_id, id, recorded_at, actor, action, subject_id, customer_id, before, after,
             correlation_id)
  SELECT {tenant}, u.id, {now}, {actor}, u.action, u.subject, u.customer, u.before, u.after, {correlation}
  FROM unnest({u_id}::uuid[], {u_action}::text[], {u_subject}::uuid[], {u_customer}::uuid[], {u_before}::jsonb[],
              {u_after}::jsonb[]) u (id, action, subject, customer, before, after)"""
HEADS = """head AS (INSERT INTO event_stream (stream, seq)
  SELECT v.stream, count(*) FROM unnest({v_stream}::text[]) v (stream) GROUP BY v.stream ORDER BY v.stream
  ON CONFLICT (stream) DO UPDATE SET seq = event_stream.seq + excluded.seq RETURNING stream, seq, era)"""
EVENTS = """INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload)
  SELECT v.id, v.stream, head.era, head.seq - count(*) OVER (PARTITION BY v.stream)
           + row_number() OVER (PARTITION BY v.stream ORDER BY v.n), v.type, v.headers, v.payload
  FROM unnest({v_id}::uuid[], {v_stream}::text[], {v_type}::text[], {v_headers}::text[], {v_payload}::bytea[])
    WITH ORDINALITY v (id, stream, type, headers, payload, n) JOIN head USING (stream)
  ORDER BY v.stream, v.n"""
KEEP_KEY = """INSERT INTO idempotency_key (tenant_id, key, fingerprint, status, etag, location, streams, body)
  VALUES ({tenant}, {key}, {fingerprint}, 201, NULL, NULL, {streams}, {body})"""
ROWS = (INVOICES, LINES, ITEMS, MOVE_ACCOUNTS, ENTER, JOURNAL, JOURNAL_LINES, AUDIT)
WHOLE = fused((*ROWS, HEADS, EVENTS, KEEP_KEY), "SELECT max(seq) FROM head")
STEPS = (*ROWS, fused((HEADS, EVENTS), "SELECT max(seq) FROM head"), KEEP_KEY)


class ManyBooks(Books):
    """One customer's account among several: its rows say whose they are."""

    def add(self, prefix: str, **values: Any) -> None:
        whose = {"stream": f"{self.call.tenant}:{self.customer}"} if prefix == "v" else {"customer": self.customer}
        Books.add(self, prefix, **whose, **values)


async def _merged(connection: Any, asked: dict[str, Any]) -> tuple[list[Any], dict[UUID, Any]]:
    locked = await rows(connection, KEY_AND_LOCKS, asked)
    if locked and locked[0]["fingerprint"] is not None:
        return locked, {}
    return locked, {found["customer_id"]: found for found in await rows(connection, READ_ALL, asked)}


async def _in_steps(connection: Any, asked: dict[str, Any]) -> tuple[list[Any], dict[UUID, Any]]:
    await row(connection, BARRIER, asked)
    locked = [{**found, "fingerprint": None} for found in await rows(connection, LOCKS, asked)]
    tenant = await row(connection, TENANT, asked)
    closed = await row(connection, CLOSED_UNTIL, asked)
    customers = await rows(connection, CUSTOMERS, asked)
    taken = await row(connection, NUMBERS, {**asked, "today": tenant["today"]})
    every = {**closed, **taken, "seller": tenant["name"], "now": tenant["now"], "today": tenant["today"]}
    return locked, {found["customer_id"]: {**found, **every} for found in customers}


async def batch(connection: Any, call: Call, body: BatchIn) -> Answer:
    """Lock, look, number, write. 409 for an unknown customer, 422 for a closed period or for several series."""
    first = body.invoices[0]
    if any((one.currency, one.series) != (first.currency, first.series) for one in body.invoices):
        raise HTTPException(422)
    customers = list({one.customer_id for one in body.invoices})
    asked = {"key": call.key, "barrier": call.barrier, "customers": customers, "currency": first.currency,
             "series": first.series, "count": len(body.invoices)}
    locked, seen = await (_merged if call.form == "merged" else _in_steps)(connection, asked)
    if locked and locked[0]["fingerprint"] is not None:
        return call.repeated(locked[0])
    if min(len(locked), len(seen)) < len(customers):
        raise HTTPException(409)
    columns: dict[str, list[Any]] = {}
    any_seen = next(iter(seen.values()))
    books = {one["customer_id"]: ManyBooks(call, (one["customer_id"], first.currency), one, any_seen, columns)
             for one in locked}
    said = [_invoice(books[one.customer_id], one, seen[one.customer_id], n) for n, one in enumerate(body.invoices)]
    for one in books.values():
        Books.add(one, "a", customer=one.customer, open=one.open, unapplied=one.unapplied, entries=one.entries,
                  version=one.version, aged_on=one.aged_on, turns_on=one.turns_on, aged=_array(one.aged),
                  aged_items=_array(one.aged_items))
    answer = json.dumps({"data": said}, ensure_ascii=False).encode()
    values = {
        **columns, "tenant": call.tenant, "currency": first.currency, "series": first.series, "now": any_seen["now"],
        "today": any_seen["today"], "seller": json.dumps({"name": any_seen["seller"]}), "actor": call.actor,
        "correlation": call.correlation, "key": call.key, "fingerprint": call.fingerprint, "body": answer,
        "streams": ",".join(sorted(set(columns["v_stream"])))}
    for statement in (WHOLE,) if call.form == "merged" else STEPS:
        await row(connection, statement, values)
    return Answer(201, None, None, answer)


def _array(numbers: list[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _invoice(books: ManyBooks, body: InvoiceIn, seen: Any, n: int) -> dict[str, Any]:
    if seen["status"] not in ("active", "prospect") or (seen["closed_until"] or date.min) >= seen["today"]:
        raise HTTPException(422)
    nets, taxes = amounts(body.lines)
    net, tax, invoice_id, item_id = sum(nets), sum(taxes), new_id(), new_id()
    due, number = seen["today"] + timedelta(days=seen["due_days"]), f"{body.series}-{seen['taken'] + n:06d}"
    books.post("invoice_issued", invoice_id, [("receivable", item_id, net + tax)],
               {"receivable_control": net + tax, "revenue": -net, "tax": -tax})
    books.age(due, 0, net + tax)
    tell(books, body, (invoice_id, item_id, number, due), (nets, taxes))
    books.add("d", id=invoice_id, item=item_id, number=number, external=body.external_id, due=due, net=net, tax=tax,
              total=net + tax, buyer=json.dumps(buyer_of(body, seen)))
    for position, (line, line_net, line_tax) in enumerate(zip(body.lines, nets, taxes, strict=True), 1):
        Books.add(books, "i", invoice=invoice_id, position=position, description=line.description,
                  product=line.product, quantity=line.quantity, price=line.unit_price, rate=line.tax_rate,
                  net=line_net, tax=line_tax)
    return answer_of(body, seen, (invoice_id, item_id, number, due), (nets, taxes))

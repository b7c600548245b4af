"""An invoice created and issued in one call, written by hand."""

import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any
from uuid import UUID

from bench.by_hand_rows import Answer, Books, Call, money
from bench.by_hand_sql import (
    AUDIT,
    BARRIER,
    CLOSED_UNTIL,
    ENTER,
    JOURNAL,
    JOURNAL_LINES,
    KEY_AND_LOCK,
    LOCK,
    MOVE_ACCOUNT,
    TENANT,
    row,
    written,
)
from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kernel.ids import new_id

Figure = Annotated[Decimal, Field(ge=0, max_digits=21, decimal_places=6)]


class LineIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    description: str = Field(min_length=1, max_length=500)
    product: str | None = None
    quantity: Figure
    unit_price: Figure
    tax_rate: Figure


class InvoiceIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    customer_id: UUID
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    lines: list[LineIn] = Field(min_length=1, max_length=1000)
    series: str = Field(default="INV", pattern=r"^[A-Z][A-Z0-9]{0,11}$")
    issue: bool = False
    external_id: str | None = None


CUSTOMER = """SELECT number, name, kind, status, tax_id, due_days, end_of_month, instalments, discount
              FROM customer WHERE customer_id = {customer} AND known"""
NUMBER = """UPDATE number_series SET next_number = next_number + 1, last_issued_on = {today}
            WHERE series = {series} AND coalesce(last_issued_on, {today}) <= {today}
            RETURNING next_number - 1 AS taken"""
READ_ALL = f"""WITH t AS ({TENANT}), n AS (
    UPDATE number_series SET next_number = next_number + 1, last_issued_on = t.today FROM t
    WHERE series = {{series}} AND coalesce(last_issued_on, t.today) <= t.today RETURNING next_number - 1 AS taken)
  SELECT t.name AS seller, t.now, t.today, n.taken, c.*, p.closed_until
  FROM t CROSS JOIN n CROSS JOIN ({CLOSED_UNTIL}) p CROSS JOIN ({CUSTOMER}) c"""
INVOICE = """INSERT INTO invoice (tenant_id, id, customer_id, status, series, number, external_id, issued_on, due_on,
    currency, net, tax, total, tax_rounding, final, origin, buyer, seller, labels, delivery_ids, version,
    created_at, recorded_at)
  VALUES ({tenant}, {invoice}, {customer}, 'issued', {series}, {number}, {external}, {today}, {due}, {currency}, {net},
    {tax}, {total}, 'rate', false, 'live', {buyer}, {seller}, '{}', '[]', 2, {now}, {now})"""
LINES = """INSERT INTO invoice_line (tenant_id, invoice_id, position, description, product, quantity, unit_price,
             tax_rate, currency, net, tax)
           SELECT {tenant}, {invoice}, i.n, i.description, i.product, i.quantity, i.price, i.rate, {currency}, i.net,
                  i.tax
           FROM unnest({i_description}::text[], {i_product}::text[], {i_quantity}::numeric[], {i_price}::numeric[],
                       {i_rate}::numeric[], {i_net}::bigint[], {i_tax}::bigint[])
             WITH ORDINALITY i (description, product, quantity, price, rate, net, tax, n)"""
ITEM = """INSERT INTO item (tenant_id, id, customer_id, invoice_id, kind, currency, amount, open, disputed,
    effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin, recorded_at,
    number, instalment, instalments)
  VALUES ({tenant}, {item}, {customer}, {invoice}, 'invoice', {currency}, {total}, {total}, 0, {today}, {today}, {due},
    {due}, 1, 0, 'live', {now}, {number}, 1, 1)"""
WRITES = (INVOICE, LINES, ITEM, MOVE_ACCOUNT, ENTER, JOURNAL, JOURNAL_LINES, AUDIT)


async def invoice(connection: Any, call: Call, body: InvoiceIn) -> Answer:
    """Lock, look, number, write. 409 for an unknown customer, 422 for a closed period."""
    asked = {"key": call.key, "barrier": call.barrier, "customer": body.customer_id, "currency": body.currency,
             "series": body.series}
    nets, taxes = amounts(body.lines)
    account, seen = await (_merged if call.form == "merged" else _in_steps)(connection, asked)
    if account["fingerprint"] is not None:
        return call.repeated(account)
    if seen["status"] not in ("active", "prospect") or (seen["closed_until"] or date.min) >= seen["today"]:
        raise HTTPException(422)
    books = Books(call, (body.customer_id, body.currency), account, seen)
    invoice_id, item_id, net, tax = new_id(), new_id(), sum(nets), sum(taxes)
    due, number = seen["today"] + timedelta(days=seen["due_days"]), f"{body.series}-{seen['taken']:06d}"
    books.post("invoice_issued", invoice_id, [("receivable", item_id, net + tax)],
               {"receivable_control": net + tax, "revenue": -net, "tax": -tax})
    books.age(due, 0, net + tax)
    tell(books, body, (invoice_id, item_id, number, due), (nets, taxes))
    for line, line_net, line_tax in zip(body.lines, nets, taxes, strict=True):
        books.add("i", description=line.description, product=line.product, quantity=line.quantity,
                  price=line.unit_price, rate=line.tax_rate, net=line_net, tax=line_tax)
    said = answer_of(body, seen, (invoice_id, item_id, number, due), (nets, taxes))
    answer = Answer(201, '"2"', f"/billing/v1/invoices/{invoice_id}", json.dumps(said, ensure_ascii=False).encode())
    await written(connection, call.form, WRITES, {
        **books.values(answer), "invoice": invoice_id, "item": item_id, "series": body.series, "number": number,
        "external": body.external_id, "due": due, "net": net, "tax": tax, "total": net + tax,
        "buyer": json.dumps(buyer_of(body, seen)), "seller": json.dumps({"name": seen["seller"]})})
    return answer


async def _merged(connection: Any, asked: dict[str, Any]) -> tuple[Any, Any]:
    account = await row(connection, KEY_AND_LOCK, asked)
    if account is None:
        raise HTTPException(409)
    if account["fingerprint"] is not None:
        return account, None
    return account, await row(connection, READ_ALL, asked)


async def _in_steps(connection: Any, asked: dict[str, Any]) -> tuple[Any, Any]:
    await row(connection, BARRIER, asked)
    account = await row(connection, LOCK, asked)
    tenant = await row(connection, TENANT, asked)
    closed = await row(connection, CLOSED_UNTIL, asked)
    customer = await row(connection, CUSTOMER, asked)
    if account is None or customer is None:
        raise HTTPException(409)
    taken = await row(connection, NUMBER, {**asked, "today": tenant["today"]})
    return {**account, "fingerprint": None}, {**customer, **closed, **taken, "seller": tenant["name"],
                                              "now": tenant["now"], "today": tenant["today"]}


def amounts(lines: list[LineIn]) -> tuple[list[int], list[int]]:
    """Net per line in cents; the tax of each rate is rounded once and shared out by largest remainder."""
    nets = [int((line.quantity * line.unit_price * 100).quantize(Decimal(1), ROUND_HALF_UP)) for line in lines]
    by_rate: dict[Decimal, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        by_rate[line.tax_rate].append(at)
    taxes = [0] * len(lines)
    for rate, places in by_rate.items():
        base = sum(nets[at] for at in places)
        tax = int((base * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))
        for at in places:
            taxes[at] = tax * nets[at] // base if base else 0
        left = tax - sum(taxes[at] for at in places)
        for at in sorted(places, key=lambda at: -(tax * nets[at] % base) if base else 0)[:left]:
            taxes[at] += 1
    return nets, taxes


Made = tuple[UUID, UUID, str, date]


def tell(books: Books, body: InvoiceIn, made: Made, sums: tuple[list[int], list[int]]) -> None:
    """The event of its issue."""
    (invoice_id, item_id, number, due), (nets, taxes), currency = made, sums, body.currency
    books.tell("InvoiceIssued", {
        "invoice_id": str(invoice_id), "number": number, "external_id": body.external_id,
        "issued_on": books.today.isoformat(), "net": money(sum(nets), currency), "tax": money(sum(taxes), currency),
        "total": money(sum(nets) + sum(taxes), currency),
        "lines": [{"product": line.product, "quantity": str(line.quantity), "net": money(net, currency),
                   "tax": money(tax, currency)} for line, net, tax in zip(body.lines, nets, taxes, strict=True)],
        "items": [{"item_id": str(item_id), "due_on": due.isoformat(),
                   "amount": money(sum(nets) + sum(taxes), currency)}],
        "authorization_id": None, "final": False, "deliveries": []})


def buyer_of(body: InvoiceIn, seen: Any) -> dict[str, Any]:
    """The buyer as it is frozen into the document."""
    return {"id": str(body.customer_id), "number": seen["number"], "name": seen["name"], "kind": seen["kind"],
            "tax_id": seen["tax_id"], "status": seen["status"],
            "terms": {"due_days": seen["due_days"], "end_of_month": seen["end_of_month"]},
            "instalments": seen["instalments"] or [], "discount": seen["discount"]}


def answer_of(body: InvoiceIn, seen: Any, made: Made, sums: tuple[list[int], list[int]]) -> dict[str, Any]:
    """What is said of it."""
    (invoice_id, item_id, number, due), (nets, taxes), currency = made, sums, body.currency
    total, today = money(sum(nets) + sum(taxes), currency), seen["today"].isoformat()
    return {
        "id": str(invoice_id), "customer_id": str(body.customer_id), "status": "issued", "settlement": "open",
        "number": number, "series": body.series, "external_id": body.external_id, "issued_on": today,
        "due_on": due.isoformat(), "net": money(sum(nets), currency), "tax": money(sum(taxes), currency),
        "total": total, "tax_rounding": "rate",
        "lines": [{"position": n, "description": line.description, "product": line.product,
                   "quantity": str(line.quantity), "unit_price": str(line.unit_price), "tax_rate": str(line.tax_rate),
                   "net": money(net, currency), "tax": money(tax, currency)}
                  for n, (line, net, tax) in enumerate(zip(body.lines, nets, taxes, strict=True), 1)],
        "items": [{"id": str(item_id), "customer_id": str(body.customer_id), "invoice_id": str(invoice_id),
                   "number": number, "kind": "invoice", "amount": total, "open": total,
                   "disputed": money(0, currency), "written_off": money(0, currency), "issued_on": today,
                   "due_on": due.isoformat(), "due_version": 1, "claim_item_id": None, "instalment": 1,
                   "instalments": 1, "arrangement_id": None, "arranged_due_on": None, "discount": None,
                   "discount_until": None}],
        "parties": {"seller_name": seen["seller"], "buyer_number": seen["number"], "buyer_name": seen["name"],
                    "buyer_tax_id": seen["tax_id"]},
        "authorization_id": None, "order_reference": None, "final": False, "origin": "live", "metadata": {},
        "voided_on": None, "void_reason": None, "delivery_ids": [], "version": 2}

"""A payment recorded and allocated, oldest debt first or to named items, written by hand."""

import json
from datetime import date
from typing import Any, Literal
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
    rows,
    written,
)
from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kernel.ids import new_id


class AmountIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: str = Field(pattern=r"^[0-9]{1,15}\.[0-9]{2}$")
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @property
    def minor(self) -> int:
        return int(self.amount.replace(".", ""))


class PartIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: UUID
    amount: AmountIn


class PaymentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    customer_id: UUID
    amount: AmountIn
    received_on: date
    method: str = Field(min_length=1, max_length=100)
    allocation: Literal["oldest_first", "items"]
    items: list[PartIn] = Field(default_factory=list, max_length=500)


ITEMS = """SELECT i.id, i.invoice_id, v.number, i.open, i.due_on, i.effective_on, i.raised_on
           FROM item i JOIN invoice v ON v.id = i.invoice_id
           WHERE i.customer_id = {customer} AND i.open > 0 AND i.currency = {currency}"""
IN_ORDER = " ORDER BY i.due_on, i.id"
POLICY = """SELECT (SELECT second_person_above FROM payment_policy
                    ORDER BY version DESC LIMIT 1) AS second_person_above"""
READ_ALL = f"""SELECT t.now, t.today, p.closed_until, q.second_person_above, i.*
               FROM ({TENANT}) t CROSS JOIN ({CLOSED_UNTIL}) p CROSS JOIN ({POLICY}) q
               LEFT JOIN ({ITEMS}) i ON true ORDER BY i.due_on, i.id"""
CREDIT = """INSERT INTO credit (tenant_id, id, customer_id, kind, state, method, currency, amount, unapplied,
    received_on, business_on, effective_on, raised_on, unmatched, origin, actor, labels, version, recorded_at)
  VALUES ({tenant}, {payment}, {customer}, 'payment', 'confirmed', {method}, {currency}, {amount}, {left},
    {received}, {received}, {today}, {today}, '[]', 'live', {actor}, '{}', {payment_version}, {now})"""
ALLOCATE = """INSERT INTO allocation (tenant_id, id, customer_id, credit_id, item_id, currency, amount, effective_on,
    business_on, recorded_at, actor, reason)
  SELECT {tenant}, x.id, {customer}, {payment}, x.item, {currency}, x.amount, {today}, {today}, {now}, {actor}, {rule}
  FROM unnest({x_id}::uuid[], {x_item}::uuid[], {x_amount}::bigint[]) x (id, item, amount)"""
MOVE_ITEMS = """UPDATE item SET open = x.open FROM unnest({x_item}::uuid[], {x_open}::bigint[]) x (id, open)
                WHERE item.id = x.id"""
WRITES = (CREDIT, ALLOCATE, MOVE_ITEMS, MOVE_ACCOUNT, ENTER, JOURNAL, JOURNAL_LINES, AUDIT)


async def payment(connection: Any, call: Call, body: PaymentIn) -> Answer:
    """Lock, look, spread, write. 409 for an unknown account, 422 for a closed period, too much, or one too large."""
    asked = {"key": call.key, "barrier": call.barrier, "customer": body.customer_id, "currency": body.amount.currency}
    account, seen, items = await (_merged if call.form == "merged" else _in_steps)(connection, asked)
    if account["fingerprint"] is not None:
        return call.repeated(account)
    above = json.loads(seen["second_person_above"] or "{}").get(body.amount.currency)
    if not (seen["closed_until"] or date.min) < body.received_on <= seen["today"]:
        raise HTTPException(422)
    if above is not None and body.amount.minor > above:
        raise HTTPException(422)
    books = Books(call, (body.customer_id, body.amount.currency), account, seen)
    payment_id, amount = new_id(), body.amount.minor
    books.post("payment_confirmed", payment_id, [("credit", payment_id, amount)],
               {"bank": amount, "customer_credit": -amount})
    books.tell("PaymentConfirmed", {
        "payment_id": str(payment_id), "external_id": None, "amount": money(amount, books.currency),
        "received_on": body.received_on.isoformat(), "method": body.method, "unmatched": 0,
        "awaited": False})
    shares = _shares(body, items)
    for item, share in shares:
        _allocate(books, payment_id, item, share)
    left, version = amount - sum(share for _, share in shares), 1 + len(shares)
    answer = _answer(books, body, payment_id, (left, version))
    await written(connection, call.form, WRITES, {
        **books.values(answer), "payment": payment_id, "method": body.method, "amount": amount, "left": left,
        "received": body.received_on, "payment_version": version, "rule": body.allocation})
    return answer


async def _merged(connection: Any, asked: dict[str, Any]) -> tuple[Any, Any, list[Any]]:
    account = await row(connection, KEY_AND_LOCK, asked)
    if account is None:
        raise HTTPException(409)
    if account["fingerprint"] is not None:
        return account, None, []
    found = await rows(connection, READ_ALL, asked)
    return account, found[0], [one for one in found if one["id"] is not None]


async def _in_steps(connection: Any, asked: dict[str, Any]) -> tuple[Any, Any, list[Any]]:
    await row(connection, BARRIER, asked)
    account = await row(connection, LOCK, asked)
    if account is None:
        raise HTTPException(409)
    tenant = await row(connection, TENANT, asked)
    closed = await row(connection, CLOSED_UNTIL, asked)
    policy = await row(connection, POLICY, asked)
    items = await rows(connection, ITEMS + IN_ORDER, asked)
    return {**account, "fingerprint": None}, {**tenant, **closed, **policy}, items


def _shares(body: PaymentIn, items: list[Any]) -> list[tuple[Any, int]]:
    """What each item gets: as named, or the oldest due first."""
    rest, shares = body.amount.minor, []
    if body.allocation == "items":
        by_id = {item["id"]: item for item in items}
        shares = [(by_id[part.item_id], part.amount.minor) for part in body.items]
        if sum(share for _, share in shares) > rest or any(share > item["open"] for item, share in shares):
            raise HTTPException(422)
        return shares
    for item in items:
        share = min(rest, item["open"])
        if share > 0:
            shares.append((item, share))
            rest -= share
    return shares


def _allocate(books: Books, payment_id: UUID, item: Any, share: int) -> None:
    allocation, left, currency = new_id(), item["open"] - share, books.currency
    books.post("credit_allocated", allocation, [("receivable", item["id"], -share), ("credit", payment_id, -share)],
               {"customer_credit": share, "receivable_control": -share})
    books.age(item["due_on"], item["open"], left)
    books.add("x", id=allocation, item=item["id"], amount=share, open=left)
    today = books.today.isoformat()
    books.tell("CreditAllocated", {
        "allocation_id": str(allocation), "credit_kind": "payment", "credit_id": str(payment_id),
        "invoice_id": str(item["invoice_id"]), "item_id": str(item["id"]), "amount": money(share, currency),
        "effective_on": today, "business_on": today, "due_on": item["due_on"].isoformat(),
        "open_after": money(left, currency), "discount": None, "base": None, "exchange_difference": None})
    if left == 0:
        books.tell("InvoiceSettled", {"invoice_id": str(item["invoice_id"]), "number": item["number"],
                                      "settled_on": today})


def _answer(books: Books, body: PaymentIn, payment_id: UUID, state: tuple[int, int]) -> Answer:
    (left, version), today = state, books.today.isoformat()
    allocations = [
        {"id": str(id_), "item_id": str(item), "amount": money(amount, books.currency), "effective_on": today,
         "business_on": today, "discount": None, "reversed_on": None}
        for id_, item, amount in zip(books.columns["x_id"], books.columns["x_item"], books.columns["x_amount"],
                                     strict=True)]
    said = {
        "id": str(payment_id), "customer_id": str(body.customer_id), "state": "confirmed",
        "amount": money(body.amount.minor, books.currency), "unapplied": money(left, books.currency),
        "received_on": body.received_on.isoformat(), "business_on": body.received_on.isoformat(),
        "effective_on": today, "method": body.method, "payer": None, "reference": None, "external_id": None,
        "origin": "live", "allocations": allocations, "unmatched": [], "reversed_on": None,
        "reversal_reason": None, "expires_on": None, "second_person": None, "recorded_by": books.call.actor,
        "decided_by": None, "rejection_reason": None, "metadata": {}, "version": version}
    return Answer(201, f'"{version}"', f"/billing/v1/payments/{payment_id}", json.dumps(said).encode())

"""Credit asked for an order, written by hand: decided under the head's lock, reserved or denied, and kept with why."""

import json
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from bench.by_hand_rows import Answer, Call, money
from bench.by_hand_sql import TENANT, row, written
from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dunlin_kernel.ids import new_id


class AmountIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: str = Field(pattern=r"^(0|[1-9][0-9]*)\.[0-9]{2}$", max_length=24)
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @property
    def minor(self) -> int:
        return int(self.amount.replace(".", ""))


class AuthorizationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    customer_id: UUID
    amount: AmountIn
    reference: str = Field(min_length=1, max_length=64)
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


GROUP = """SELECT g.group_id FROM credit_group g JOIN customer_group m USING (tenant_id, group_id)
           WHERE m.customer_id = {customer} FOR UPDATE OF g"""
HEAD = """SELECT reserved FROM authorization_head
          WHERE customer_id = {customer} AND currency = {currency} FOR UPDATE"""
KEY_AND_HEAD = f"""WITH g AS MATERIALIZED ({GROUP})
  SELECT h.reserved, g.group_id, k.fingerprint, k.status, k.etag, k.location, k.body
  FROM authorization_head h LEFT JOIN g ON true LEFT JOIN idempotency_key k ON k.key = {{key}}
  WHERE h.customer_id = {{customer}} AND h.currency = {{currency}} FOR UPDATE OF h"""
CUSTOMER = """SELECT c.status, c.sequence AS customer_sequence, coalesce(e.open, 0) AS open,
                     coalesce(e.disputed, 0) AS disputed, coalesce(e.unapplied, 0) AS unapplied,
                     coalesce(e.delivered, 0) AS delivered, coalesce(e.sequence, 0) AS billing_sequence
              FROM customer c LEFT JOIN exposure e ON e.customer_id = c.customer_id AND e.currency = {currency}
              WHERE c.customer_id = {customer}"""
_LIMIT = """SELECT limit_id, version, source, amount, valid_from, valid_until FROM credit_limit
            WHERE customer_id = {{customer}} AND currency = {{currency}} AND kind = '{kind}'
              AND valid_from <= {today} {more} ORDER BY version DESC LIMIT 1"""
HOLDS = """SELECT coalesce(jsonb_agg(jsonb_build_object('hold_id', hold_id, 'rule', rule)), '[]')::text AS holds
           FROM credit_hold WHERE customer_id = {customer} AND released_at IS NULL"""
_POLICY = """SELECT version AS policy_version, disputed_weight_bps, delivered_weight_bps, over_capture_tolerance_bps,
                    authorization_days, rules -> 'alerts' -> 'amount_above' AS amount_above
             FROM credit_policy WHERE effective_from <= {today} ORDER BY version DESC LIMIT 1"""


def _limit(kind: str, today: str) -> str:
    return _LIMIT.format(kind=kind, today=today, more="" if kind == "base" else f"AND valid_until >= {today}")


BASE, TEMPORARY, POLICY = _limit("base", "{today}"), _limit("temporary", "{today}"), _POLICY.format(today="{today}")
READ_ALL = f"""SELECT t.name, t.now, t.today, c.*, h.holds, b.*, x.amount AS added, p.*
  FROM ({TENANT}) t CROSS JOIN ({CUSTOMER}) c CROSS JOIN ({HOLDS}) h
  LEFT JOIN LATERAL ({_limit("base", "t.today")}) b ON true
  LEFT JOIN LATERAL ({_limit("temporary", "t.today")}) x ON true
  LEFT JOIN LATERAL ({_POLICY.format(today="t.today")}) p ON true"""
AUTHORIZATION = """INSERT INTO credit_authorization (tenant_id, authorization_id, customer_id, reference, status,
    currency, asked, reserved, captured, released, expired, over_captured, expires_at)
  VALUES ({tenant}, {authorization}, {customer}, {reference}, {decided}, {currency}, {asked}, {granted}, 0, 0, 0, 0,
    {expires})"""
DECISION = """INSERT INTO credit_decision (tenant_id, authorization_id, approved, reasons, inputs, decided_by,
    decided_at)
  VALUES ({tenant}, {authorization}, {approved}, {reasons}, {inputs}, {actor}, {now})"""
RESERVE = """UPDATE authorization_head SET reserved = {reserved}
             WHERE customer_id = {customer} AND currency = {currency}"""
EXPIRY = """INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload, correlation_id)
            VALUES ({tenant}, {job}, 'expire_authorization', {job_key}, {expires}, {job_payload}, {correlation})
            ON CONFLICT DO NOTHING"""
WRITES = (AUTHORIZATION, DECISION, RESERVE, EXPIRY)
FIRST_POLICY = {"version": 1, "disputed_weight_bps": 10_000, "delivered_weight_bps": 10_000,
                "over_capture_tolerance_bps": 500, "authorization_days": 30}


async def authorization(connection: Any, call: Call, body: AuthorizationIn) -> Answer:
    """Lock, look, decide, write. 409 for an unknown customer or one in a group, which this does not know."""
    asked = {"key": call.key, "customer": body.customer_id, "currency": body.amount.currency}
    head, seen = await (_merged if call.form == "merged" else _in_steps)(connection, asked)
    if head["fingerprint"] is not None:
        return call.repeated(head)
    if head["group_id"] is not None:
        raise HTTPException(409)
    inputs, exposure, available = _looked_at(body, head, seen)
    reasons = [] if available is not None and body.amount.minor <= available and seen["status"] == "active" \
        and not inputs["holds"] else ["over_limit"]
    granted = 0 if reasons else body.amount.minor
    made = new_id()
    expires = seen["now"] + timedelta(days=body.expires_in_days or inputs["policy"]["authorization_days"])
    answer = _answer(call, body, (made, expires, granted, reasons), (inputs, exposure, available, seen["now"]))
    await written(connection, call.form, WRITES if granted else WRITES[:2], {
        **asked, **_told(call, body, (made, expires, reasons, available), seen["now"]), "tenant": call.tenant,
        "authorization": made, "reference": body.reference, "decided": "denied" if reasons else "approved",
        "asked": body.amount.minor, "granted": granted, "expires": expires, "approved": not reasons,
        "reasons": json.dumps(reasons), "inputs": json.dumps(inputs), "actor": call.actor, "now": seen["now"],
        "reserved": head["reserved"] + granted, "job": new_id(), "job_key": str(made),
        "job_payload": json.dumps({"authorization_id": str(made)}), "correlation": call.correlation,
        "fingerprint": call.fingerprint, "status": answer.status, "etag": None, "location": answer.location,
        "body": answer.body})
    return answer


async def _merged(connection: Any, asked: dict[str, Any]) -> tuple[Any, Any]:
    head = await row(connection, KEY_AND_HEAD, asked)
    if head is None:
        raise HTTPException(409)
    return head, None if head["fingerprint"] is not None else await row(connection, READ_ALL, asked)


async def _in_steps(connection: Any, asked: dict[str, Any]) -> tuple[Any, Any]:
    group = await row(connection, GROUP, asked)
    head = await row(connection, HEAD, asked)
    tenant = await row(connection, TENANT, asked)
    if head is None or tenant is None:
        raise HTTPException(409)
    on_day = {**asked, "today": tenant["today"]}
    found = [await row(connection, text, on_day) for text in (CUSTOMER, HOLDS, BASE, TEMPORARY, POLICY)]
    customer, holds, base, temporary, policy = found
    nothing = dict.fromkeys(("limit_id", "version", "source", "amount", "valid_from", "valid_until"))
    return ({**head, "fingerprint": None, "group_id": group and group["group_id"]},
            {**tenant, **customer, **holds, **(base or nothing), "added": temporary and temporary["amount"],
             **(policy or {"policy_version": None})})


def _looked_at(body: AuthorizationIn, head: Any, seen: Any) -> tuple[dict[str, Any], int, int | None]:
    """The inputs as they are kept, the exposure, and what is available."""
    policy = FIRST_POLICY if seen["policy_version"] is None else {
        "version": seen["policy_version"], **{name: seen[name] for name in FIRST_POLICY if name != "version"}}
    parts = {"open": seen["open"], "disputed": seen["disputed"], "delivered": seen["delivered"],
             "reserved": head["reserved"], "unapplied": seen["unapplied"]}
    weighed = sum((2 * parts[name] * policy[f"{name}_weight_bps"] + 10_000) // 20_000
                  for name in ("disputed", "delivered"))
    exposure = parts["open"] - parts["disputed"] + weighed + parts["reserved"] - parts["unapplied"]
    limit, until = None, seen["valid_until"]
    if seen["limit_id"] is not None:
        limit = {"limit_id": str(seen["limit_id"]), "version": seen["version"], "source": seen["source"],
                 "kind": "base", "amount": seen["amount"], "valid_from": seen["valid_from"].isoformat(),
                 "valid_until": until and until.isoformat()}
    ended = (until or date.max) < seen["today"]
    available = None if seen["amount"] is None else \
        (0 if ended else seen["amount"]) + (seen["added"] or 0) - exposure
    return {
        "currency": body.amount.currency, "amount": body.amount.minor, "today": seen["today"].isoformat(),
        "customer_status": seen["status"], "limit": limit, "temporary": None, "group": None,
        "customer_id": str(body.customer_id), "holds": json.loads(seen["holds"]), "parts": parts, "policy": policy,
        "positions": {"billing": seen["billing_sequence"], "customer": seen["customer_sequence"]},
    }, exposure, available


def _told(call: Call, body: AuthorizationIn, made: tuple[Any, ...], now: Any) -> dict[str, Any]:
    """The event with its envelope's headers, as columns ready to be sent."""
    (id_, expires, reasons, available), currency = made, body.amount.currency
    event, stream = new_id(), f"{call.tenant}:{body.customer_id}"
    type_ = f"dunlin.credit.{'AuthorizationDenied' if reasons else 'CreditAuthorized'}.v1"
    headers = {
        "ce_specversion": "1.0", "ce_id": str(event), "ce_source": "/dunlin/credit", "ce_type": type_,
        "ce_time": call.at.isoformat(), "ce_subject": str(body.customer_id), "ce_dataschema": f"dunlin:schema:{type_}",
        "content-type": "application/json", "ce_partitionkey": stream, "ce_correlationid": call.correlation,
        "ce_causationid": call.correlation, "ce_recordedtime": now.isoformat(), "ce_tenantid": str(call.tenant)}
    said = {"reasons": reasons, "available": None if available is None else money(available, currency)} if reasons \
        else {"expires_at": expires.isoformat(), "available_after": money(available - body.amount.minor, currency)}
    whole = {"customer_id": str(body.customer_id), "authorization_id": str(id_), "reference": body.reference,
             "amount": money(body.amount.minor, currency), **said}
    return {"v_id": [event], "v_type": [type_], "v_headers": [json.dumps(headers, separators=(",", ":"))],
            "v_payload": [json.dumps(whole, separators=(",", ":")).encode()], "stream": stream, "told": 1}


def _answer(call: Call, body: AuthorizationIn, made: tuple[Any, ...], looked: tuple[Any, ...]) -> Answer:
    (id_, expires, granted, reasons), (inputs, exposure, available, now) = made, looked
    currency, zero = body.amount.currency, money(0, body.amount.currency)
    limit = inputs["limit"]
    in_force = limit and {
        "status": "in_force", **{name: value for name, value in limit.items() if name != "kind"},
        "amount": money(limit["amount"], currency), "temporary": None}
    said = {
        "id": str(id_), "customer_id": str(body.customer_id), "reference": body.reference,
        "decision": "denied" if reasons else "approved", "status": "denied" if reasons else "approved",
        "reasons": reasons, "amount": money(body.amount.minor, currency), "reserved": money(granted, currency),
        "captured": zero, "released": zero, "expired": zero, "over_captured": zero, "expires_at": expires.isoformat(),
        "explanation": {
            "decided_at": now.isoformat(), "decided_by": call.actor, "today": inputs["today"], "reasons": reasons,
            "customer_status": inputs["customer_status"], "limit": in_force,
            "parts": {name: money(minor, currency) for name, minor in inputs["parts"].items()},
            "exposure": money(exposure, currency),
            "available": None if available is None else money(available, currency), "holds": inputs["holds"],
            "group": None, "policy": inputs["policy"],
            "positions": [{"owner": owner, "sequence": at} for owner, at in inputs["positions"].items()]}}
    return Answer(201, None, f"/credit/v1/authorizations/{id_}", json.dumps(said, ensure_ascii=False).encode())

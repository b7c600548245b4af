"""Interest: policy and reference rates, what interest is reckoned on, and what was charged on each item so far."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.interest import Contested
from billing_svc.domain.interest_charge import InterestWaiver
from billing_svc.domain.interest_policy import FIRST_INTEREST_POLICY, InterestPolicy, InterestRule, RateStep
from billing_svc.domain.posting_dates import Step
from billing_svc.store.interest_tables import (
    InterestAccountRow,
    InterestPolicyRow,
    InterestWaiverRow,
    ReferenceRateRow,
)
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_policy, _rate, _held = InterestPolicyRow.__table__.c, ReferenceRateRow.__table__.c, InterestAccountRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
IN_FORCE = select(_policy.version, _policy.rules).order_by(_policy.version.desc()).limit(literal_column("1"))
RATES = select(_rate.reference, _rate.effective_from, _rate.rate).order_by(_rate.reference, _rate.effective_from)
RATES_AFTER = RATES.where(
    func.row(_rate.reference, _rate.effective_from)
    > func.row(bindparam("reference", type_=Text), bindparam("effective_from", type_=Date))).limit(
        bindparam("most", type_=Integer))
HELD = select(_held.item_id, _held.currency, _held.charged, _held.compensated).where(_held.item_id == func.any(_ids))
MOVES = text("""
SELECT e.item_id, e.amount, coalesce(l.business_on, r.business_on, e.effective_on) AS business_on FROM ledger_entry e
LEFT JOIN allocation l ON l.tenant_id = e.tenant_id AND l.id = e.fact_id
LEFT JOIN allocation_reversal r ON r.tenant_id = e.tenant_id AND r.id = e.fact_id
WHERE e.item_id = ANY(:ids) AND e.fact_kind NOT IN ('invoice_issued', 'debt_transferred')""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)))
ANEW = -1
"""The position of one that is to be reckoned anew, whatever its account has seen."""
# OFFSET 0: what few disputes there are of the items is found first, whatever is known of how settlements end
CONTESTED = text("""
SELECT item_id, currency, opened_on, CAST(NULL AS date) AS until_on, rest AS amount FROM dispute
WHERE item_id = ANY(:ids) AND rest > 0
UNION ALL
SELECT d.item_id, d.currency, d.opened_on, s.settled_on, s.amount FROM dispute d CROSS JOIN LATERAL (
  SELECT s.settled_on, s.amount FROM dispute_settlement s
  WHERE s.tenant_id = d.tenant_id AND s.dispute_id = d.id AND s.outcome = 'accepted' OFFSET 0) s
WHERE d.item_id = ANY(:ids)""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


@dataclass(frozen=True, slots=True)
class Charged:
    """What was charged on an item so far, and whether its claim was compensated."""

    amount: Money
    compensated: bool


async def policy_in_force(tx: Transaction) -> InterestPolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    row = await tx.row(IN_FORCE)
    if row is None:
        return FIRST_INTEREST_POLICY
    return InterestPolicy(row["version"], tuple(_rule(one) for one in row["rules"]))


def add_policy(tx: Transaction, policy: InterestPolicy, *, recorded_at: datetime) -> None:
    rules = [{
        "name": rule.name, "margin": str(rule.margin), "day_base": rule.day_base,
        "customer_id": str(rule.customer_id) if rule.customer_id else None, "region": rule.region,
        "currency": rule.currency, "reference": rule.reference,
        "due_from": rule.due_from.isoformat() if rule.due_from else None,
        "compensation": [rule.compensation.minor, rule.compensation.currency] if rule.compensation else None,
    } for rule in policy.rules]
    tx.insert(InterestPolicyRow, {"version": policy.version, "rules": json.dumps(rules, ensure_ascii=False),
                                  "actor": tx.actor, "recorded_at": recorded_at})


async def references(tx: Transaction) -> dict[str, list[RateStep]]:
    """Every reference rate by its name, in order of its days."""
    found: dict[str, list[RateStep]] = defaultdict(list)
    for row in await tx.rows(RATES):
        found[row["reference"]].append(RateStep(row["effective_from"], row["rate"]))
    return dict(found)


async def page_of_references(tx: Transaction, after: tuple[str, date], most: int) -> list[tuple[str, RateStep]]:
    """At most so many steps after this one, by name and day."""
    rows = await tx.rows(RATES_AFTER, reference=after[0], effective_from=after[1], most=most)
    return [(row["reference"], RateStep(row["effective_from"], row["rate"])) for row in rows]


def add_reference(tx: Transaction, reference: str, step: RateStep, *, recorded_at: datetime) -> None:
    tx.insert(ReferenceRateRow, {"reference": reference, "effective_from": step.effective_from, "rate": step.rate,
                                 "actor": tx.actor, "recorded_at": recorded_at})


async def charged_on(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, Charged]:
    return {row["item_id"]: Charged(Money(row["charged"], row["currency"]), row["compensated"])
            for row in await tx.rows(HELD, ids=list(item_ids))}


async def moves_of(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, list[Step]]:
    """How these items moved since they were made, by value date."""
    found: dict[UUID, list[Step]] = defaultdict(list)
    for row in await tx.rows(MOVES, ids=list(item_ids)):
        found[row["item_id"]].append(Step(row["business_on"], row["amount"]))
    return found


async def contested_of(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, list[Contested]]:
    """What bears nothing of these items: what is contested still, or was accepted."""
    found: dict[UUID, list[Contested]] = defaultdict(list)
    for row in await tx.rows(CONTESTED, ids=list(item_ids)):
        found[row["item_id"]].append(
            Contested(row["opened_on"], row["until_on"], Money(row["amount"], row["currency"])))
    return found


def keep(tx: Transaction, item_id: UUID, charged: Charged, *, to_on: date, position: int) -> None:
    tx.put(InterestAccountRow, {
        "item_id": item_id, "currency": charged.amount.currency, "charged": charged.amount.minor, "charged_to": to_on,
        "position": position, "compensated": charged.compensated}, key=("item_id",))


def add_waiver(tx: Transaction, one: InterestWaiver, *, maker: str, checker: str | None, recorded_at: datetime) -> None:
    tx.insert(InterestWaiverRow, {
        "id": one.id, "item_id": one.item_id, "customer_id": one.customer_id, "currency": one.amount.currency,
        "amount": one.amount.minor, "reason": one.reason, "effective_on": one.effective_on,
        "recorded_at": recorded_at, "maker": maker, "checker": checker})


def _rule(row: Any) -> InterestRule:
    paid = row["compensation"]
    return InterestRule(
        row["name"], Decimal(row["margin"]), row["day_base"], UUID(row["customer_id"]) if row["customer_id"] else None,
        row["region"], row["currency"], row["reference"], Money(paid[0], paid[1]) if paid else None,
        date.fromisoformat(row["due_from"]) if row["due_from"] else None)

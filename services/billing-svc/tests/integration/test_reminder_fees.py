"""Fees for reminders that were sent: charged once for each message, by the policy of that time, on the debt."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from billing_svc.consumers.notify import notify
from billing_svc.jobs.charge_reminder_fee import charge_reminder_fee
from billing_svc.usecases.plan_reminder_fee import CHARGE_REMINDER_FEE
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.notify import (
    ItemStep,
    ReminderChannel,
    ReminderSent,
    ReminderSuppressed,
    SuppressionReason,
)
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell, work_off

AT = datetime(2026, 2, 20, 2, tzinfo=UTC)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def step(item: dict[str, Any], level: int = 3) -> ItemStep:
    return ItemStep(
        item_id=item["id"], invoice_id=None, number="INV-1", due_on=AT.date(), due_version=1, level=level,
        amount=Amount(amount="1.00", currency="CNY"))


def sent(who: UUID, *items: ItemStep, code: str | None = "REMINDER-3", message_id: UUID | None = None) -> ReminderSent:
    return ReminderSent(
        customer_id=who, message_id=message_id or new_id(), channel=ReminderChannel.EMAIL, level=3, policy_version=1,
        reminded_on=AT.date(), items=list(items), language="zh", sent_at=AT, fee_code=code)


async def hear(company: Any, *facts: Any, first: int = 1, at: datetime = AT) -> None:
    await tell(company.running.database, notify, company.tenant, *facts, first=first, at=at)


async def work(company: Any) -> None:
    await work_off(company.running, company.tenant, {CHARGE_REMINDER_FEE: charge_reminder_fee})


async def fees(company: Any, who: UUID) -> list[tuple[str, str]]:
    listed = (await company.get(f"/items?customer_id={who}"))["data"]
    return [(one["amount"]["amount"], one["claim_item_id"]) for one in listed if one["kind"] == "fee"]


async def set_fees(company: Any, version: int, **fees: str) -> None:
    body = {"fees": [{"code": code.replace("_", "-"), "amount": cny(amount)} for code, amount in fees.items()]}
    said = await company.send("PUT", "/fee-policy", body, If_Match=f'"{version}"')
    assert said.status_code == 200, said.text
    assert said.json() == {"version": version + 1} | body
    assert await company.get("/fee-policy") == said.json()


@pytest.fixture
async def reminded(company: Any) -> tuple[UUID, dict[str, Any]]:
    """A debt that is past due on 20 February, and a fee of 25.00 for the third level."""
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05")
    await set_fees(company, 0, REMINDER_3="25.00")
    await company.clock("2026-02-20")
    return who, invoice["items"][0]


async def test_a_reminder_that_was_sent_is_charged_once_whatever_is_told_how_often(
    company: Any, reminded: tuple[UUID, dict[str, Any]],
) -> None:
    who, item = reminded
    message = sent(who, step(item))
    await hear(company, message)
    await hear(company, message)
    await hear(company, sent(who, step(item), message_id=message.message_id), first=2)
    await work(company)
    await hear(company, message, first=3)
    await work(company)
    assert await fees(company, who) == [("25.00", item["id"])]
    (charged,) = [said for _, fact, said in await company.running.told(company.tenant) if fact == "FeeCharged"]
    assert (charged["reason"], charged["charged_on"], charged["claim_item_id"]) == (
        "reminder", "2026-02-20", item["id"])
    await hear(company, sent(who, step(item)), first=4)
    await work(company)
    assert len(await fees(company, who)) == 2, "another message is another reminder"
    checks = (await company.get("/integrity"))["checks"]
    assert [one["id"] for one in checks if one["violations"]] == []


async def test_what_was_suppressed_or_asks_for_none_costs_nothing(
    company: Any, reminded: tuple[UUID, dict[str, Any]],
) -> None:
    who, item = reminded
    suppressed = ReminderSuppressed(
        customer_id=who, item_id=item["id"], invoice_id=None, number="INV-1", due_version=1, policy_version=1, level=3,
        suppressed_on=AT.date(), reason=SuppressionReason.DISPUTED)
    await hear(company, suppressed, sent(who, step(item), code=None), sent(who, step(item), code="UNKNOWN"))
    await work(company)
    assert await fees(company, who) == []


async def test_it_is_for_the_debt_at_the_level_and_never_for_fees_alone(
    company: Any, reminded: tuple[UUID, dict[str, Any]],
) -> None:
    who, item = reminded
    other = (await company.issue(who, "10", "2026-02-20"))["items"][0]
    await hear(company, sent(who, step(other, level=1), step(item)))
    await work(company)
    assert await fees(company, who) == [("25.00", item["id"])]
    listed = (await company.get(f"/items?customer_id={who}"))["data"]
    fee = next(one for one in listed if one["kind"] == "fee")
    await hear(company, sent(who, step(fee), step(other, level=1)), first=2)
    await work(company)
    assert len(await fees(company, who)) == 1


async def test_the_policy_of_the_time_of_sending_counts(company: Any, reminded: tuple[UUID, dict[str, Any]]) -> None:
    who, item = reminded
    await company.clock("2026-02-21")
    await set_fees(company, 1, REMINDER_3="40.00")
    early, late = sent(who, step(item)), sent(who, step(item))
    await hear(company, early)
    await hear(company, late, first=2, at=datetime(2026, 2, 21, 2, 30, tzinfo=UTC))
    await company.clock("2026-02-22")
    await work(company)
    assert sorted(amount for amount, _ in await fees(company, who)) == ["25.00", "40.00"]


async def test_two_policies_set_at_once_are_one(company: Any) -> None:
    await company.register()
    body = {"fees": [{"code": "R-1", "amount": cny("5.00")}]}
    answers = await asyncio.gather(*(company.send("PUT", "/fee-policy", body, If_Match='"0"') for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412]
    twice = await company.send("PUT", "/fee-policy", {"fees": body["fees"] * 2}, If_Match='"1"')
    assert (twice.status_code, twice.json()["code"]) == (422, "bad_fee_policy")

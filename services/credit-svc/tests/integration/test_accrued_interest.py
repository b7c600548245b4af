"""Interest that accrued and is no item yet, as billing tells of it: in exposure unless the policy says otherwise."""

from typing import Any

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_accruals import InterestAccrued
from dunlin_events.contracts.billing_charges import InterestCharged
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

POLICY = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
          "authorization_days": 30, "accrued_interest": False, "reason": "only what is charged counts"}


def accrued(books: Any, amount: str) -> InterestAccrued:
    return InterestAccrued.model_validate(dict(InterestAccrued.examples[0]) | {
        "customer_id": books.customer, "amount": {"amount": amount, "currency": "CNY"}})


def charged(books: Any, amount: str, opened: str) -> InterestCharged:
    said = {"amount": amount, "currency": "CNY"}
    return InterestCharged.model_validate(dict(InterestCharged.examples[0]) | {
        "customer_id": books.customer, "amount": said, "items": [
            {"item_id": new_id(), "due_on": "2026-03-06", "amount": said}],
        "account": {"open": Amount.of(Money.parse(opened, "CNY")), "disputed": Amount.of(Money.zero("CNY")),
                    "unapplied": Amount.of(Money.zero("CNY"))}})


async def shown(books: Any) -> tuple[str, str, str]:
    [one] = (await books.position())["positions"]
    return one["parts"]["accrued"]["amount"], one["exposure"]["amount"], one["available"]["amount"]


async def test_it_counts_by_policy_and_never_twice(books: Any) -> None:
    await books.limit("5000.00")
    await books.hear(books.invoice("4520.00", "4520.00"), accrued(books, "45.20"))
    assert await shown(books) == ("45.20", "4565.20", "434.80")
    assert (await books.ask("434.81"))["decision"] == "denied"
    assert (await books.ask("434.80"))["decision"] == "approved"
    refused = await books.ask("1.00")
    assert (refused["reasons"], refused["explanation"]["parts"]["accrued"]["amount"]) == (["over_limit"], "45.20")
    await books.hear(charged(books, "40.00", "4560.00"), first=3)
    assert await shown(books) == ("5.20", "5000.00", "0.00")
    answer = await books.service.client.post("/credit/v1/policies", json=POLICY, headers=books.headers())
    assert (answer.status_code, answer.json()["accrued_interest"]) == (201, False)
    assert await shown(books) == ("5.20", "4994.80", "5.20")
    await books.hear(accrued(books, "0.00"), first=4)
    assert await shown(books) == ("0.00", "4994.80", "5.20")
    again = await books.service.client.get(
        f"/credit/v1/authorizations/{refused['id']}/replay", headers=books.headers())
    assert again.json()["same"] is True, again.text
    assert await books.violations() == []

"""Races on one account, one series, one draft and one key: every outcome is as if they had come one by one."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import asyncpg

from dunlin_kernel.ids import new_id


async def gathered(*calls: Any) -> list[Any]:
    return list(await asyncio.gather(*calls))


def codes(answers: list[Any]) -> Counter[str]:
    """How often each outcome came: `ok`, or the problem's code."""
    return Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)


async def test_twelve_apply_30_of_one_payment_of_100_and_exactly_90_is_applied(company: Any) -> None:
    who = await company.register()
    issued = [await company.issue(who, "30", "2026-01-05", rate="0") for _ in range(12)]
    paid = await company.pay(who, "100.00", "2026-01-05", allocation="none")
    answers = await gathered(
        *(
            company.send(
                "POST",
                f"/payments/{paid['id']}:apply",
                {
                    "allocation": "items",
                    "items": [{"item_id": one["items"][0]["id"], "amount": {"amount": "30.00", "currency": "CNY"}}],
                },
            )
            for one in issued
        )
    )
    assert codes(answers) == {"ok": 3, "more_than_unapplied": 9}
    assert await company.account(who) == ("270.00", "10.00")
    assert (await company.get(f"/payments/{paid['id']}"))["unapplied"]["amount"] == "10.00"


async def test_payments_racing_for_one_item_never_overpay_it(company: Any) -> None:
    who = await company.register()
    item = (await company.issue(who, "100", "2026-01-05", rate="0"))["items"][0]["id"]
    named = [{"item_id": item, "amount": {"amount": "40.00", "currency": "CNY"}}]
    answers = await gathered(
        *(
            company.send(
                "POST",
                "/payments",
                {
                    "customer_id": str(who),
                    "amount": {"amount": "40.00", "currency": "CNY"},
                    "received_on": "2026-01-05",
                    "method": "cash",
                    "allocation": "items",
                    "items": named,
                },
            )
            for _ in range(8)
        )
    )
    assert codes(answers) == {"ok": 2, "more_than_open": 6}
    assert await company.account(who) == ("20.00", "0.00")


async def test_the_oldest_items_take_racing_payments_to_the_cent(company: Any) -> None:
    who = await company.register()
    for _ in range(3):
        await company.issue(who, "50", "2026-01-05", rate="0")
    paid = await gathered(*(company.pay(who, "17.00", "2026-01-05") for _ in range(10)))
    assert sum(float(one["unapplied"]["amount"]) for one in paid) == 20
    assert await company.account(who) == ("0.00", "20.00")


async def test_numbers_of_racing_issues_are_gapless_also_with_refusals_between(company: Any) -> None:
    customers = [await company.register(number=f"C-{n}") for n in range(4)]
    shape = {"currency": "CNY", "issue": True, "issued_on": "2026-01-05"}
    line = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    bad = line | {"unit_price": "0"}
    answers = await gathered(
        *(
            company.send(
                "POST",
                "/invoices",
                shape | {"customer_id": str(customers[n % 4]), "lines": [bad if n % 5 == 4 else line]},
            )
            for n in range(30)
        )
    )
    assert codes(answers) == {"ok": 24, "total_not_positive": 6}
    numbers = sorted(one.json()["number"] for one in answers if one.status_code == 201)
    assert numbers == [f"INV-{n:06d}" for n in range(1, 25)]


async def test_a_draft_is_issued_once(company: Any) -> None:
    who = await company.register()
    drafted = await company.post(
        "/invoices",
        {
            "customer_id": str(who),
            "currency": "CNY",
            "lines": [{"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}],
        },
    )
    answers = await gathered(*(company.send("POST", f"/invoices/{drafted['id']}:issue", {}) for _ in range(6)))
    assert codes(answers) == {"ok": 1, "not_a_draft": 5}
    assert await company.account(who) == ("10.00", "0.00")


async def test_a_payment_is_reversed_once(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    paid = await company.pay(who, "60.00", "2026-01-05")
    answers = await gathered(
        *(company.send("POST", f"/payments/{paid['id']}:reverse", {"reason": "not_received"}) for _ in range(6))
    )
    assert codes(answers) == {"ok": 1, "illegal_transition": 5}
    assert await company.account(who) == ("100.00", "0.00")


async def test_one_key_sent_fifty_times_at_once_has_one_effect_and_one_answer(company: Any) -> None:
    who = await company.register()
    body = {
        "customer_id": str(who),
        "amount": {"amount": "40.00", "currency": "CNY"},
        "received_on": "2026-01-05",
        "method": "cash",
        "allocation": "none",
    }
    key = str(new_id())
    answers = await gathered(*(company.send("POST", "/payments", body, Idempotency_Key=key) for _ in range(50)))
    assert codes(answers) == {"ok": 50}
    assert len({one.content for one in answers}) == 1
    assert await company.account(who) == ("0.00", "40.00")


async def test_the_stream_of_a_customer_is_numbered_without_a_hole_after_races(company: Any) -> None:
    who = await company.register()
    await gathered(
        *(company.issue(who, "10", "2026-01-05", rate="0") for _ in range(5)),
        *(company.pay(who, "7.00", "2026-01-05") for _ in range(5)),
    )
    told = await company.running.told(company.tenant)
    opens = [said["account"]["open"]["amount"] for _, _, said in told]
    assert opens[-1] == (await company.account(who))[0]
    position = await company.send(
        "GET", f"/customers/{who}/account?min_position=billing/{company.tenant}:{who}/{len(told)}"
    )
    assert position.status_code == 200


async def test_who_waits_for_a_number_while_the_day_turns_is_given_one_of_the_new_day(company: Any) -> None:
    """The client said no date: that somebody else was quicker on the new day is no fault of its own."""
    await company.clock("2026-02-03")
    who, other = await company.register(), await asyncpg.connect(company.running.urls.app)
    line = {"description": "Goods", "product": "SKU-1", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    wish = {"customer_id": str(who), "currency": "CNY", "lines": [line], "issue": True, "issued_on": None}
    await company.post("/invoices", wish)
    try:
        await other.execute("SELECT set_config('dunlin.tenant', $1, false)", str(company.tenant))
        async with other.transaction():
            await other.execute("UPDATE number_series SET last_issued_on = $1", date(2026, 2, 4))
            waiting = asyncio.create_task(company.send("POST", "/invoices", wish))
            async with asyncio.timeout(30):
                while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted "
                                               "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"):
                    assert not waiting.done()
                    await asyncio.sleep(0.02)
            await company.clock("2026-02-04")
        answer = await waiting
    finally:
        await other.close()
    assert (answer.status_code, answer.json()["issued_on"]) == (201, "2026-02-04"), answer.text

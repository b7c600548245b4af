"""Interest that accrues day by day is told at the turn of the day and after a run, and only where it has changed."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.usecases.accrue_interest import accrue_interest
from billing_svc.usecases.find_accruing import find_accruing
from billing_svc.usecases.note_interest import note_interest
from dunlin_kit.testing import work_off

CONTRACT = {"name": "contract", "margin": "12", "day_base": 360}


async def owing(company: Any) -> UUID:
    """Owes 4,520.00 since 4 February, at 12 % a year of 360 days: 1.5067 a day."""
    answer = await company.send("PUT", "/interest-policy", {"rules": [CONTRACT]}, If_Match='"0"')
    assert answer.status_code == 200, answer.text
    who: UUID = await company.register()
    await company.issue(who, "4520", "2026-01-05", rate="0")
    return who


async def turn(company: Any, day: str, most: int = 50) -> None:
    await company.clock(day)
    transact, today = partial(company.running.database.transact, company.tenant), date.fromisoformat(day)
    after = None
    while after := await transact(partial(note_interest, most=most, after=after)):
        continue
    found = await transact(partial(find_accruing, today=today))
    for first in range(0, len(found), most):
        await transact(partial(accrue_interest, today=today, accounts=found[first:first + most]))


async def told(company: Any) -> list[tuple[str, str]]:
    return [(said["amount"]["amount"], said["to_on"]) for _, fact, said in await company.running.told(company.tenant)
            if fact == "InterestAccrued"]


async def sound(company: Any) -> bool:
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def test_it_accrues_by_the_day_until_it_is_charged(company: Any) -> None:
    await owing(company)
    await turn(company, "2026-02-04")
    assert await told(company) == []
    for day in ("2026-03-06", "2026-03-06", "2026-03-07"):
        await turn(company, day)
    assert await told(company) == [("45.20", "2026-03-06"), ("46.71", "2026-03-07")]
    run = await company.send("POST", "/interest-runs", {"to_on": "2026-03-06"})
    assert run.status_code == 202, run.text
    await work_off(company.running, company.tenant, {"charge_interest": charge_interest})
    assert (await told(company))[2:] == [("1.51", "2026-03-07")]
    assert await sound(company)


async def test_money_that_came_earlier_takes_it_back_and_two_accounts_take_two_slices(company: Any) -> None:
    who = await owing(company)
    other = await company.register()
    await company.issue(other, "3600", "2026-01-05", rate="0")
    await turn(company, "2026-03-06", most=1)
    assert sorted(await told(company)) == [("36.00", "2026-03-06"), ("45.20", "2026-03-06")]
    await company.pay(who, "4520.00", "2026-02-04", allocation="oldest_first")
    await turn(company, "2026-03-07")
    assert sorted((await told(company))[2:]) == [("0.00", "2026-03-07"), ("37.20", "2026-03-07")]
    assert await sound(company)


async def waiting(company: Any) -> int:
    """How many items have something to be reckoned."""
    async def count(tx: Any) -> int:
        found: int = await tx.driver.fetchval("SELECT count(*) FROM interest_waiting")
        return found

    many: int = await company.running.database.transact(company.tenant, count)
    return many


async def charged(company: Any, to_on: str) -> dict[str, int]:
    answer = await company.send("POST", "/interest-runs", {"to_on": to_on})
    assert answer.status_code == 202, answer.text
    await work_off(company.running, company.tenant, {"charge_interest": charge_interest})
    result: dict[str, int] = (await company.get(f"/operations/{answer.json()['id']}"))["result"]
    return {name: result[name] for name in ("charged", "corrected")}


async def test_what_is_settled_and_reckoned_is_not_looked_at_again_until_it_moves(company: Any) -> None:
    who = await owing(company)
    other = await company.register()
    await company.issue(other, "100", "2026-01-05", rate="0")
    await company.clock("2026-02-01")
    early = await company.pay(other, "100.00", "2026-02-01", allocation="oldest_first")
    await turn(company, "2026-03-06")
    assert await waiting(company) == 1
    await company.pay(who, "4520.00", "2026-03-06", allocation="oldest_first")
    await turn(company, "2026-03-07")
    assert await waiting(company) == 1
    assert await charged(company, "2026-03-07") == {"charged": 1, "corrected": 0}
    assert await waiting(company) == 0
    await company.post(f"/payments/{early['id']}:reverse", {"reason": "not_received"})
    await turn(company, "2026-03-08")
    assert await waiting(company) == 1
    assert await charged(company, "2026-03-08") == {"charged": 1, "corrected": 0}
    assert await sound(company)


async def test_a_run_to_an_earlier_day_leaves_to_the_next_what_was_borne_after_it(company: Any) -> None:
    who = await owing(company)
    await company.clock("2026-03-08")
    await company.pay(who, "4520.00", "2026-03-08", allocation="oldest_first")
    assert await charged(company, "2026-03-06") == {"charged": 1, "corrected": 0}
    assert await charged(company, "2026-03-08") == {"charged": 1, "corrected": 0}
    assert await waiting(company) == 0
    assert await sound(company)


async def test_a_new_policy_looks_again_at_what_was_settled(company: Any) -> None:
    who = await owing(company)
    await turn(company, "2026-03-06")
    only_eur = {"rules": [CONTRACT | {"currency": "EUR"}]}
    assert (await company.send("PUT", "/interest-policy", only_eur, If_Match='"1"')).status_code == 200
    await company.pay(who, "4520.00", "2026-03-06", allocation="oldest_first")
    assert await charged(company, "2026-03-06") == {"charged": 0, "corrected": 0}
    assert await waiting(company) == 0
    assert (await company.send("PUT", "/interest-policy", {"rules": [CONTRACT]}, If_Match='"2"')).status_code == 200
    assert await charged(company, "2026-03-06") == {"charged": 1, "corrected": 0}
